"""Judging a recorded run again: from its file alone, with the exit code that says the verdict."""

import json

import pytest
import typer
from typer.testing import CliRunner

from veigo.commands.check import check
from veigo.history import Frame, History, Mark, Operation, RunStarted
from veigo.outcome import Outcome

app = typer.Typer()
app.command()(check)


def told(message, users):
    return [
        Frame("MESSAGE", user, number, 5, 5, room="hall", sequence=1, message_id=message, sender="ann", content="hi")
        for number, user in enumerate(users)
    ]


def run(*heard_by):
    """A run of two members and one message that some heard."""
    sent = Operation("send", "ann", room="hall", message_id="m1", content="hi", outcome=Outcome.OK, sequence=1)
    return [
        RunStarted("r1", "conversation", 7, {"rate": 1, "seconds": 1}, 1),
        Mark("talk_started", 1, 1),
        Operation("create_room", "ann", room="hall", members=["ann", "bob"], outcome=Outcome.OK, ended_ns=1),
        *[Frame("JOINED", user, number, 2, 2, room="hall", sequence=0) for number, user in enumerate(("ann", "bob"))],
        sent,
        *told("m1", heard_by),
        *[Mark(name, 9, 9) for name in ("talk_ended", "drained", "finished")],
    ]


@pytest.fixture
def judged(tmp_path):
    """Write a history and have it judged; returns how that ended."""

    def judge(records, *options, cut=0):
        path = tmp_path / "history.jsonl"
        history = History(path)
        history.extend(records)
        history.close()
        path.write_bytes(path.read_bytes()[: len(path.read_bytes()) - cut])
        return CliRunner().invoke(app, [str(path), *options])

    return judge


def test_a_run_that_kept_its_promises_exits_with_0(judged):
    done = judged(run("ann", "bob"), "--only", "NoAcknowledgedMessageLost,nothingleaked")

    assert 0 == done.exit_code
    assert "✓ HOLDS" in done.output
    assert "Nobody received a room they are not in" in done.output


def test_one_that_lost_a_message_exits_with_1_and_shows_where(judged):
    done = judged(run("ann"))

    assert 1 == done.exit_code
    assert "message m1 (sequence 1) for bob: not on bob's socket 1 in room hall" in done.output
    assert "bob's socket 1 received JOINED sequence 0 of room hall" in done.output


def test_one_that_was_cut_short_exits_with_2(judged):
    done = judged(run("ann", "bob")[:-1], "--only", "RunFinished")

    assert 2 == done.exit_code
    assert "the run never reached: finished" in done.output


def test_a_last_line_that_was_cut_off_is_told(judged):
    done = judged(run("ann", "bob"), "--only", "NothingLeaked", cut=5)

    assert 0 == done.exit_code
    assert "the last line was cut off" in done.output


def test_what_a_run_has_nothing_of_is_named_and_not_held_against_it(judged):
    done = judged(run("ann", "bob"))

    assert "nothing in it concerns" in done.output
    assert "NothingAfterRemoval" in done.output.splitlines()[1]


def test_the_folder_of_a_run_will_do(judged, tmp_path):
    judged(run("ann"))

    assert 1 == CliRunner().invoke(app, [str(tmp_path)]).exit_code


def test_json_is_a_report_and_nothing_else(judged):
    report = json.loads(judged(run("ann"), "--json").output)

    assert "violated" == report["verdict"]
    assert "r1" == report["id"]
    (lost,) = [each for each in report["findings"] if each["verdict"] == "violated"]
    assert lost["fault_model"]
    assert 2 == len(lost["excerpt"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "which history? Give a run's folder"),
        (["nowhere"], "nowhere cannot be read: No such file"),
        (["pyproject.toml"], "pyproject.toml is no history"),
        (["x", "--only", "NoPhantoms"], "there is no checker NoPhantoms; did you mean NoPhantom?"),
        (["x", "--only", "Gravity"], "there is no checker Gravity; veigo check --list names them"),
        (["x", "--only", " , "], "--only names no checker"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_one_sentence(arguments, sentence):
    done = CliRunner().invoke(app, arguments)

    assert 2 == done.exit_code
    assert sentence in done.output
    assert 1 == len(done.output.strip().splitlines())


def test_every_checker_is_listed_with_what_it_promises_and_finds():
    done = CliRunner().invoke(app, ["--list"])

    assert 0 == done.exit_code
    for word in ("NoAcknowledgedMessageLost", "lost write", "RecoversWithin", "processes die"):
        assert word in done.output
