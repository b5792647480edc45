"""The demo on the real stack: it goes through the public port, holds, and leaves a run that can be judged again."""

import json

import pytest

from live.conftest import veigo

USERS, SECONDS, RATE = 7, 3, 20


@pytest.fixture(scope="module")
def run(stack, tmp_path_factory):
    """One short demo; returns what it printed and the folder of its run."""
    into = tmp_path_factory.mktemp("runs")
    numbers = ("--users", str(USERS), "--seconds", str(SECONDS), "--rate", str(RATE), "--seed", "7")
    done = veigo("demo", "--name", stack.name, *numbers, "--into", str(into), within_s=120)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder,) = into.iterdir()
    return done.stdout, folder


@pytest.fixture(scope="module")
def report(run):
    return json.loads((run[1] / "report.json").read_text())


def test_everything_promised_holds(report):
    assert {finding["promise"]: finding["verdict"] for finding in report["findings"]} == {
        finding["promise"]: "holds" for finding in report["findings"]
    }
    assert report["load"]["sends"] == {"ok": SECONDS * RATE, "failed": 0, "unknown": 0}
    assert report["notes"] == [note for note in report["notes"] if note.startswith("the harness itself was late")]


def test_every_hop_was_measured_for_every_message(report):
    samples = {hop["name"]: hop["samples"] for hop in report["latencies"]}

    assert samples["acknowledge"] == samples["commit → Kafka"] == SECONDS * RATE
    assert samples["Kafka → socket"] == samples["send → delivered"] == report["load"]["deliveries"]


def test_it_says_where_to_look_next(run):
    printed, folder = run

    assert str(folder / "report.html") in printed
    assert "/playground" in printed


def test_the_stack_is_left_running_as_it_was_found(run, stack):
    status = json.loads(veigo("status", "--name", stack.name, "--json").stdout)

    assert status["state"] == "ready"
