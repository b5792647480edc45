"""A history is append-only lines that can be read back, batch by batch."""

import pytest

from veigo.history import Frame, History, Mark, Operation, RunStarted, SocketEvent, Witnessed, load
from veigo.outcome import Outcome

RECORDS = [
    RunStarted("r1", "conversation", 7, {"users": 12}, 1),
    Mark("talk_started", 1, 2),
    Operation("send", "ann", room="hall", message_id="m1", content="שלום\n👩‍👩‍👧‍👦", outcome=Outcome.OK, sequence=3),
    Frame("MESSAGE", "bob", 2, 5, 6, room="hall", sequence=3, message_id="m1", sender="ann", content="\ufeff"),
    SocketEvent("closed", "bob", 2, 7, 8, code=1012),
    Witnessed("m1", "hall", 3, 10, 11, 0, 99),
]


def test_what_was_appended_is_read_back(tmp_path):
    history = History(tmp_path / "history.jsonl")
    history.extend(RECORDS)
    history.close()

    assert load(tmp_path / "history.jsonl") == RECORDS


def test_flushing_writes_only_what_is_new(tmp_path):
    path = tmp_path / "history.jsonl"
    history = History(path)
    history.append(RECORDS[0])
    history.flush()
    first = path.read_bytes()
    history.append(RECORDS[1])
    history.flush()
    history.flush()

    assert path.read_bytes().startswith(first)
    assert load(path) == RECORDS[:2]
    history.close()


async def test_leaving_the_context_writes_the_rest_even_after_a_crash(tmp_path):
    path = tmp_path / "history.jsonl"

    async def crash() -> None:
        async with History(path) as history:
            history.extend(RECORDS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await crash()
    assert load(path) == RECORDS


def test_a_full_history_says_so_instead_of_eating_the_memory(tmp_path):
    history = History(tmp_path / "history.jsonl", records_max=1)
    history.append(RECORDS[0])

    with pytest.raises(OverflowError, match="fewer seconds"):
        history.append(RECORDS[1])
    history.close()
