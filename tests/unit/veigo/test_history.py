"""A history is append-only lines that can be read back, batch by batch."""

import pytest

from veigo.checkers.ledger import Ledger
from veigo.history import (
    Compared,
    FaultEvent,
    FaultStage,
    Frame,
    GeneratorSecond,
    History,
    KafkaRead,
    Mark,
    Operation,
    RunStarted,
    SocketEvent,
    Stored,
    StoredRoom,
    UnreadableHistoryError,
    Witnessed,
    load,
)
from veigo.outcome import Outcome

RECORDS = [
    RunStarted("r1", "conversation", 7, {"users": 12}, 1),
    Mark("talk_started", 1, 2),
    Operation("send", "ann", room="hall", message_id="m1", content="שלום\n👩‍👩‍👧‍👦", outcome=Outcome.OK, sequence=3),
    Frame("MESSAGE", "bob", 2, 5, 6, room="hall", sequence=3, message_id="m1", sender="ann", content="\ufeff"),
    SocketEvent("closed", "bob", 2, 7, 8, code=1012),
    Witnessed("m1", "hall", 3, 10, 11, 0, 99),
    Witnessed(None, "hall", 4, 10, 11, 0, 100, type="member.removed", member="bob"),
    KafkaRead("chat.public.room_events", 0, 1, 101, 0),
    Stored("hall", 3, "message.created", 5, message_id="m1", sender="ann"),
    StoredRoom("hall", 4, 0, ["ann"], ["m1"]),
    Compared("opa", 1, ["room hall: version is 3 and not 4"], 1, 0, 0.5, 8, 9),
    FaultEvent("kill kafka", ["kafka"], FaultStage.FELT, 1, 2, "a send was refused"),
    GeneratorSecond("generator 1", 1, 2, 30, 1.0, 12.5, 50, 0.0, warning="busy"),
]


def test_what_was_appended_is_read_back(tmp_path):
    history = History(tmp_path / "history.jsonl")
    history.extend(RECORDS)
    history.close()

    assert load(tmp_path / "history.jsonl") == RECORDS


def test_a_history_that_somebody_else_began_goes_on(tmp_path):
    path = tmp_path / "history.jsonl"
    begun = History(path)
    begun.extend(RECORDS[:3])
    begun.close()
    going_on = History.going_on(path)
    going_on.extend(RECORDS[3:])
    going_on.close()

    assert RECORDS == going_on.records == load(path)


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


def sending(message_id: str) -> Operation:
    return Operation("send", "ann", room="hall", message_id=message_id, started_ns=1)


def test_a_killed_harness_leaves_what_was_under_way_as_unknown(tmp_path):
    """What is on disk after a flush is all there is."""
    path = tmp_path / "history.jsonl"
    history = History(path)
    history.append(RECORDS[0])
    answered, hanging = sending("m1"), sending("m2")
    for operation in (answered, hanging):
        history.begin(operation)
    history.flush()
    answered.outcome, answered.ended_ns = Outcome.OK, 2
    history.end(answered)
    history.flush()

    ledger = Ledger.of(load(path))
    assert {"m1": Outcome.OK, "m2": Outcome.UNKNOWN} == {name: send.outcome for name, send in ledger.sends.items()}
    assert len(ledger.operations) == 2
    history.close()


def test_what_is_under_way_is_written_once_and_what_ended_at_once_never_as_under_way(tmp_path):
    path = tmp_path / "history.jsonl"
    history = History(path)
    quick, slow = sending("m1"), sending("m2")
    history.begin(quick)
    history.end(quick)
    history.begin(slow)
    history.flush()
    history.flush()

    assert len(path.read_bytes().splitlines()) == 2
    history.close()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is no history: its first line must say which run it is of"),
        (b"Dear diary,\n", "is no history"),
        (b'{"kind":"mark","name":"x","at_ns":1,"at_us":1}\n', "is no history"),
        (b'{"traces": []}\n', "is no history"),
        (b"\xff\xfe\n", "is no history"),
        (b"{RUN}\nnonsense\n", "line 2 of .* cannot be read"),
        (b'{RUN}\n{"kind":"comet"}\n', "line 2 of .*comet.*newer version of veigo"),
        (b'{RUN}\n{"kind":"mark","name":1,"at_ns":1,"at_us":1}\n', "line 2 of .*Expected `str`"),
    ],
)
def test_what_is_no_history_is_refused_in_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "history.jsonl"
    run = b'{"kind":"run","id":"r1","workload":"w","seed":1,"parameters":{},"at_us":1}'
    path.write_bytes(content.replace(b"{RUN}", run))

    with pytest.raises(UnreadableHistoryError, match=sentence) as refused:
        load(path)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(UnreadableHistoryError, match="No such file"):
        load(tmp_path / "history.jsonl")


def test_a_last_line_that_was_cut_off_is_left_out_with_a_note(tmp_path):
    path = tmp_path / "history.jsonl"
    history = History(path)
    history.extend(RECORDS)
    history.close()
    path.write_bytes(path.read_bytes()[:-7])
    notes: list[str] = []

    assert load(path, notes) == RECORDS[:-1]
    assert "the last line was cut off" in notes[0]
