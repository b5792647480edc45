"""The history of a run: what every user did, was told and received, in one append-only file of JSON lines.

Everything a verdict rests on is in here, so a run can be judged again later, by other checkers, on another machine.
Times are taken twice: `…_ns` by this process's monotonic clock, for durations, and `…_us` by the wall clock, to compare
with the times that the database and the broker wrote into their records. Tokens and passwords are never recorded.

An operation is recorded when it ends, and those under way at a flush are written then too, without an ending; the
record with the same number that follows replaces such a line. So a harness that is killed leaves what it had asked for
as *unknown*, and only what began after its last flush, half a second at most, is lost; so is all it was told since. A
history without its `finished` mark is therefore never more than inconclusive.
"""

import asyncio
import itertools
import time
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from veigo.outcome import Outcome

# Types of a room's events that the checkers tell apart, as chat writes them.
MESSAGE_CREATED = "message.created"
MESSAGE_DELETED = "message.deleted"
MEMBER_ADDED = "member.added"
MEMBER_REMOVED = "member.removed"


class RunStarted(msgspec.Struct, tag_field="kind", tag="run", omit_defaults=True):
    """The first line: what is run, and the seed to run it again."""

    id: str
    workload: str
    seed: int
    parameters: dict[str, Any]
    at_us: int


class Mark(msgspec.Struct, tag_field="kind", tag="mark", omit_defaults=True, gc=False):
    """The run has reached a point: talk_started, talk_ended, drained, interrupted, finished."""

    name: str
    at_ns: int
    at_us: int


class Operation(msgspec.Struct, tag_field="kind", tag="op", omit_defaults=True, gc=False):
    """Something one user asked for, and how it ended; without `ended_ns` it was still under way.

    Attributes:
        user: the account id of whoever asked.
        content: of a message, a room's name, or of a sign_up the user's name.
        members: who is in a room that was made, or was added to one.
        member: who was removed.
        after: the sequence that a join goes on after.
        read: ids of the messages a read returned, newest first.
        complete: whether that was the whole room, so that what is not in it is not shown.
        number: tells the operations of one run apart.
    """

    name: str
    user: str
    expected: Outcome = Outcome.OK
    room: str | None = None
    message_id: str | None = None
    content: str | None = None
    members: list[str] | None = None
    # When the schedule wanted it; latency counts from here, or a slow stack would slow down its own measurement.
    intended_ns: int | None = None
    started_ns: int = 0
    started_us: int = 0
    ended_ns: int = 0
    outcome: Outcome = Outcome.UNKNOWN
    code: str | None = None
    error: str | None = None
    sequence: int | None = None
    member: str | None = None
    after: int | None = None
    read: list[str] | None = None
    complete: bool | None = None
    number: int = 0

    @property
    def withdrawn(self) -> bool:
        """Whether the harness itself stopped waiting for the answer, because the run was over."""
        return self.outcome is Outcome.UNKNOWN and (self.error or "").startswith(("CancelledError", "GreenletExit"))


class Frame(msgspec.Struct, tag_field="kind", tag="frame", omit_defaults=True, gc=False):
    """Something one socket received."""

    type: str
    user: str
    socket: int
    at_ns: int
    at_us: int
    room: str | None = None
    sequence: int | None = None
    message_id: str | None = None
    sender: str | None = None
    content: str | None = None
    # Who was added or removed.
    member: str | None = None
    code: str | None = None
    reason: str | None = None


class SocketEvent(msgspec.Struct, tag_field="kind", tag="socket", omit_defaults=True, gc=False):
    """A socket opened, or it closed: by us (`ours`) or by the other side."""

    event: str
    user: str
    socket: int
    at_ns: int
    at_us: int
    ours: bool = False
    code: int | None = None
    reason: str | None = None


class FaultStage(StrEnum):
    """How far a fault has come. From HEALING on what was broken may work again, and at HEALED it does."""

    INJECTED = "injected"
    FELT = "felt"
    HEALING = "healing"
    HEALED = "healed"


class FaultEvent(msgspec.Struct, tag_field="kind", tag="fault", omit_defaults=True, gc=False):
    """Something was broken on purpose, was felt, or was mended.

    Attributes:
        nodes: those it happens to.
        detail: the evidence that it was felt.
        unavailable: those of which nobody has an answer from when it is felt until its healing begins.
    """

    fault: str
    nodes: list[str]
    stage: FaultStage
    at_ns: int
    at_us: int
    detail: str | None = None
    unavailable: list[str] = []


class AlarmRaised(msgspec.Struct, tag_field="kind", tag="alarm", omit_defaults=True, gc=False):
    """The stack raised an alarm that only a repair ends.

    Attributes:
        alarm: what kind it is of.
        about: the connector, or the topic's partition.
        sentence: what people were told.
        gap: what is missing, in words; empty when the alarm does not say.
    """

    alarm: str
    about: str
    sentence: str
    gap: str
    at_ns: int
    at_us: int


class Witnessed(msgspec.Struct, tag_field="kind", tag="kafka", omit_defaults=True, gc=False):
    """An event of a room's log as an independent reader found it in Kafka after the run."""

    # None when the event is about no message.
    message_id: str | None
    room: str
    sequence: int
    # Debezium's source.ts_us: when PostgreSQL committed it.
    committed_us: int
    # The broker's append time, in whole milliseconds as Kafka has it; None when the topic keeps the producer's time.
    appended_ms: int | None
    partition: int
    offset: int
    type: str = MESSAGE_CREATED
    member: str | None = None
    sender: str | None = None


class KafkaRead(msgspec.Struct, tag_field="kind", tag="kafka_read", omit_defaults=True, gc=False):
    """The offsets of one partition that the independent reader went through: all from `begin` up to before `end`."""

    topic: str
    partition: int
    begin: int
    end: int
    # The oldest offset the broker still had; above `begin`, records of the run were gone before they were read.
    oldest: int


class Stored(msgspec.Struct, tag_field="kind", tag="stored", omit_defaults=True, gc=False):
    """An event of a room's log as an independent reader found it in PostgreSQL after the run."""

    room: str
    sequence: int
    type: str
    created_us: int
    message_id: str | None = None
    member: str | None = None
    sender: str | None = None


class StoredRoom(msgspec.Struct, tag_field="kind", tag="stored_room", omit_defaults=True):
    """A room as the same reader found it: that it is here says that the room's log was read whole.

    Attributes:
        last_sequence: how far the room says that its log goes.
        horizon: events up to here were forgotten (retention).
        members: who is in it.
        messages: ids of the messages that it shows, deleted ones left out.
    """

    room: str
    last_sequence: int
    horizon: int
    members: list[str]
    messages: list[str]


class Compared(msgspec.Struct, tag_field="kind", tag="compared", omit_defaults=True):
    """A copy held against what PostgreSQL implies, when nothing was under way any more.

    Attributes:
        what: "mongodb" or "opa".
        equal: how many rooms and profiles were as they should be.
        wrong: differences, in words; `wrong_total` says how many there were.
        moved: rooms that had moved on between the two readings and could not be compared.
        after_s: how long after the run's last operation it was found so; the time to catch up when it was equal.
    """

    what: str
    equal: int
    wrong: list[str]
    wrong_total: int
    moved: int
    after_s: float
    at_ns: int
    at_us: int


class GeneratorSecond(msgspec.Struct, tag_field="kind", tag="generator", omit_defaults=True, gc=False):
    """How a process that makes load kept up with itself, for about a second.

    Attributes:
        process: which one.
        people: how many virtual people it had.
        seconds: how long this lasted.
        late_ms_max: the longest that a heartbeat, and with it anything that came in, waited for its turn.
        tolerated_ms: how long it may wait without being said to.
        blocked_ms: for how much of the time whatever came in had to wait for longer than that.
        overdue_ms_max: the longest that a send began after it was meant to, for want of a turn.
        unanswered: sends under way at the end of it.
        warning: what Locust had to say of the process's use of its processor.
    """

    process: str
    at_ns: int
    at_us: int
    people: int
    seconds: float
    late_ms_max: float
    tolerated_ms: float
    blocked_ms: float
    overdue_ms_max: float = 0.0
    unanswered: int = 0
    warning: str | None = None


Record = (
    RunStarted
    | Mark
    | Operation
    | Frame
    | SocketEvent
    | FaultEvent
    | AlarmRaised
    | Witnessed
    | KafkaRead
    | Stored
    | StoredRoom
    | Compared
    | GeneratorSecond
)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Record)


def now() -> tuple[int, int]:
    """Return the time by both clocks: monotonic nanoseconds, wall-clock microseconds."""
    return time.monotonic_ns(), time.time_ns() // 1000


class History:
    """The growing history of a run. Appending costs a list append; lines are written in batches.

    A run of more than `records_max` records is refused: it would not fit in memory, where the checkers need it.
    """

    def __init__(self, path: Path, *, flush_every_s: float = 0.5, records_max: int = 5_000_000) -> None:
        self.records: list[Record] = []
        self._file = path.open("ab")
        self._written = 0
        self._flush_every_s = flush_every_s
        self._records_max = records_max
        self._flushing: asyncio.Task[None] | None = None
        self._numbers = itertools.count(1)
        self._under_way: dict[int, Operation] = {}
        self._noted = 0

    @classmethod
    def going_on(cls, path: Path) -> Self:
        """Take up a history that somebody else has written so far.

        Raises:
            UnreadableHistoryError: there is none.
        """
        written = load(path)
        history = cls(path)
        history.records = written
        history._written = len(written)
        return history

    async def __aenter__(self) -> Self:
        self._flushing = asyncio.create_task(self._flush_for_ever())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._flushing is not None:
            self._flushing.cancel()
        self.close()

    def append(self, record: Record) -> None:
        """Add one record; it is on disk after the next flush."""
        if len(self.records) >= self._records_max:
            message = f"the history is full at {self._records_max} records; run for fewer seconds or at a lower rate"
            raise OverflowError(message)
        self.records.append(record)

    def begin(self, operation: Operation) -> None:
        """Note that an operation is under way; `end` has to follow."""
        operation.number = next(self._numbers)
        self._under_way[operation.number] = operation

    def end(self, operation: Operation) -> None:
        """Add an operation that has ended."""
        del self._under_way[operation.number]
        self.append(operation)

    def mark(self, name: str) -> Mark:
        """Record that the run has reached a point."""
        at_ns, at_us = now()
        mark = Mark(name, at_ns, at_us)
        self.append(mark)
        return mark

    def extend(self, records: Iterable[Record]) -> None:
        """Add several records."""
        for record in records:
            self.append(record)

    def flush(self) -> None:
        """Write what is not written yet, and what is under way, if it was not when last written."""
        ended = self.records[self._written :]
        begun = [operation for number, operation in self._under_way.items() if number > self._noted]
        if not ended and not begun:
            return
        self._file.write(_encoder.encode_lines([*ended, *begun]))
        self._file.flush()
        self._written += len(ended)
        self._noted = max(self._under_way, default=self._noted)

    def close(self) -> None:
        """Write the rest and close the file."""
        self.flush()
        self._file.close()

    async def _flush_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._flush_every_s)
            self.flush()


class UnreadableHistoryError(Exception):
    """A file that is no history, or is damaged; the message says where, and what to do."""


def load(path: Path, notes: list[str] | None = None) -> list[Record]:
    """Read a history back.

    A last line that was cut off, as a killed harness leaves it, is left out, and `notes` says so.

    Raises:
        UnreadableHistoryError: there is no such file, it is no history, or one of its lines cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableHistoryError(f"{path} cannot be read: {error.strerror}") from None
    whole, _, torn = content.rpartition(b"\n")
    if torn and notes is not None:
        notes.append(f"the last line was cut off after {len(torn)} bytes, and is left out: the harness was killed")
    try:
        records: list[Record] = _decoder.decode_lines(whole)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _what_is_wrong(path, whole) from None
    if not records or not isinstance(records[0], RunStarted):
        raise UnreadableHistoryError(f"{path} is no history: {NO_BEGINNING}")
    return records


NO_BEGINNING = 'its first line must say which run it is of ({"kind":"run",…}); give the history.jsonl of a run folder'


def _what_is_wrong(path: Path, content: bytes) -> UnreadableHistoryError:
    for number, line in enumerate(content.split(b"\n"), start=1):
        try:
            _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            if number == 1:
                return UnreadableHistoryError(f"{path} is no history: {NO_BEGINNING}")
            return UnreadableHistoryError(
                f"line {number} of {path} cannot be read ({error}); it is damaged, or of a newer version of veigo"
            )
    return UnreadableHistoryError(f"{path} cannot be read")
