"""``docker compose up`` and nothing else: the walk-through, and then the harness looks into what it did not start."""

import contextlib
import json
import os
import subprocess
import time
import urllib.request

import pytest

from live.conftest import LiveStack, veigo
from live.test_walkthrough import test_bob_signs_up_joins_and_receives_what_is_said as walk_through
from stack.containers import ROOT
from veigo.checkers.generator_kept_up import GeneratorKeptUp
from veigo.checkers.within_limits import WithinLimits
from veigo.stack import engine
from veigo.stack.project import Project

PROJECT = "veigo-by-hand"
PORT = 14_000
UP_WITHIN_S = 300.0
GUEST = "guest"
OF_THE_MACHINE = {GeneratorKeptUp.promise, WithinLimits.promise}  # which does other things beside
VERDICTS = {"holds": "0", "violated": "1", "inconclusive": "2"}


def compose(*arguments, **more):
    """What a person would type, in the folder of compose.yaml, with ports that are free here."""
    told = {
        "VEIGO_PROJECT": PROJECT,
        "VEIGO_PORT": f"127.0.0.1:{PORT}",
        "VEIGO_DASHBOARD_PORT": str(PORT + 950),
        "VEIGO_KAFKA_DOOR": str(PORT + 600),
    }
    done = subprocess.run(
        ["docker", "compose", *arguments],
        cwd=ROOT,
        env=os.environ | told | more,
        capture_output=True,
        text=True,
        timeout=UP_WITHIN_S,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def answered(url, within_s=60.0):
    """Wait until somebody answers there."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    pytest.fail(f"{url} did not answer within {within_s:g} s")


@pytest.fixture(scope="module")
def by_hand():
    """A project that `docker compose up` has just started, images present; when that was asked for."""
    compose("--profile", "load", "build", "--quiet")
    began_s = time.monotonic()
    try:
        compose("up", "--detach", "--no-build")
        answered(f"http://127.0.0.1:{PORT}/healthz")  # Compose is done when the gateway has started
        yield LiveStack(PROJECT, {"gateway": f"127.0.0.1:{PORT}"}), began_s
    finally:
        compose("--profile", "load", "down", "--volumes", "--timeout", "5")


async def test_the_walk_through_passes(by_hand, http, capsys):
    """How long it took from nothing is printed; a promise about it would be one about the machine."""
    from live.people import Person

    stack, began_s = by_hand
    await walk_through(lambda: Person(stack, http), stack)

    with capsys.disabled():
        print(f"\ndocker compose up to a passing walk-through: {time.monotonic() - began_s:.1f} s")  # noqa: T201


def test_people_play_a_scene_from_inside(by_hand, tmp_path):
    """The profile `load`, small: what people in two containers did and received is judged as one run."""
    small = {"LOCUST_USERS": "10", "LOCUST_RUN_TIME": "15s"}
    compose("--profile", "load", "up", "--detach", "--no-build", "load", "load-worker", **small)
    director = Project.look(PROJECT).container("load")
    wait = ["docker", "wait", director]
    ended = subprocess.run(wait, capture_output=True, text=True, timeout=UP_WITHIN_S, check=True).stdout.strip()
    said = "\n".join(engine.last_lines(director, 40))
    assert "Traceback" not in said, said
    compose("--profile", "load", "cp", "load:/var/lib/veigo/runs", str(tmp_path))
    reports = [json.loads(path.read_text()) for path in tmp_path.glob("runs/*/report.json")]

    assert 1 == len(reports), said
    findings = {finding["promise"]: finding["verdict"] for finding in reports[0]["findings"]}
    assert {"holds"} == {verdict for promise, verdict in findings.items() if promise not in OF_THE_MACHINE}, said
    assert VERDICTS[reports[0]["verdict"]] == ended


def test_it_can_be_attached_to_and_is_left_as_it_was(by_hand, tmp_path):
    """The demo holds on it; and nothing but our doors is added, or taken away."""
    before = set(Project.look(PROJECT).containers)
    try:
        attached = veigo("attach", PROJECT, "--name", GUEST, within_s=180)
        demo = veigo(
            *("demo", "--name", GUEST, "--seconds", "5", "--rate", "20", "--into", str(tmp_path)), within_s=180
        )
    finally:
        let_go = veigo("down", "--name", GUEST)

    assert 0 == attached.returncode, attached.stdout + attached.stderr
    assert 0 == demo.returncode, demo.stdout + demo.stderr
    assert 0 == let_go.returncode, let_go.stdout + let_go.stderr
    assert before == set(Project.look(PROJECT).containers)
    assert Project.look(PROJECT).runs
