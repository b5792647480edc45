"""What a run left in the stack is read after it and judged with it; a stack that cannot be read is a note, no crash."""

import contextlib
import signal

import pytest

from veigo.audited_run import Plan, audited_run
from veigo.checkers.run_finished import RunFinished
from veigo.checkers.sequences_agree import SequencesAgree
from veigo.history import Operation, StoredRoom, load
from veigo.outcome import Outcome
from veigo.run_folder import RunFolder
from veigo.witness import Witness

NO_KAFKA = Witness("127.0.0.1:1", wait_s=0.05)


class Talk:
    """Somebody signs up, makes a room, and another fails to."""

    def __init__(self, history):
        self._history = history

    async def hold(self):
        for record in (
            Operation("sign_up", "ann", content="Ann", outcome=Outcome.OK, ended_ns=5),
            Operation("create_room", "ann", room="hall", members=["ann"], outcome=Outcome.OK, ended_ns=9),
            Operation("sign_up", "eve", content="Eve", outcome=Outcome.FAILED, ended_ns=7),
        ):
            self._history.append(record)


@contextlib.asynccontextmanager
async def talk(history):
    yield Talk(history)


@pytest.fixture
def run(tmp_path):
    async def run(auditor):
        plan = Plan("talk", 1, {}, talk, [RunFinished(), SequencesAgree()], "none")
        report, _ = await audited_run(plan, RunFolder("r1", tmp_path), NO_KAFKA, auditor)
        return report, load(tmp_path / "history.jsonl")

    return run


class Honest:
    """An auditor who notes what they were asked."""

    async def testify(self, rooms, accounts, last_ns):
        self.asked = set(rooms), set(accounts), last_ns
        return [StoredRoom("hall", 1, 0, ["ann"], [])]


class Blind:
    async def testify(self, rooms, accounts, last_ns):
        raise OSError("connection refused")


async def test_the_auditor_reads_the_runs_own_rooms_and_people_and_the_history_has_what_they_found(run):
    auditor = Honest()
    _, records = await run(auditor)

    assert ({"hall"}, {"ann"}, 9) == auditor.asked
    assert StoredRoom("hall", 1, 0, ["ann"], []) in records


async def test_a_stack_that_cannot_be_read_is_noted_and_the_rest_is_judged(run):
    report, records = await run(Blind())

    assert "what is stored could not be read, so nothing is said about it: connection refused" in report.notes
    assert "finished" in {record.name for record in records if hasattr(record, "at_us") and hasattr(record, "name")}


async def test_without_an_auditor_nothing_is_said_about_it(run):
    report, records = await run(None)

    assert not any("stored" in note for note in report.notes)
    assert not any(isinstance(record, StoredRoom) for record in records)


async def test_who_handled_sigterm_before_handles_it_again_afterwards(run):
    """A chaos run goes on after its trial, and is still to be ended in an orderly way."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        await run(Honest())

        assert signal.default_int_handler is signal.getsignal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
