"""The history of a run: what every user did, was told and received, in one append-only file of JSON lines.

Everything a verdict rests on is in here, so a run can be judged again later, by other checkers, on another machine.
Times are taken twice: `…_ns` by this process's monotonic clock, for durations, and `…_us` by the wall clock, to compare
with the times that the database and the broker wrote into their records. Tokens and passwords are never recorded.

Known gap: an operation is recorded when it ends. A harness that is killed loses what it had in flight, so a history
without its `finished` mark is never more than inconclusive.
"""

import asyncio
import time
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from veigo.outcome import Outcome


class RunStarted(msgspec.Struct, tag_field="kind", tag="run", omit_defaults=True):
    """The first line: what is run, and the seed to run it again."""

    id: str
    workload: str
    seed: int
    parameters: dict[str, Any]
    at_us: int


class Mark(msgspec.Struct, tag_field="kind", tag="mark", omit_defaults=True):
    """The run has reached a point: talk_started, talk_ended, drained, interrupted, finished."""

    name: str
    at_ns: int
    at_us: int


class Operation(msgspec.Struct, tag_field="kind", tag="op", omit_defaults=True):
    """Something one user asked for, and how it ended. `user` is an account id; `content` of a sign_up is the name."""

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
    # Ids of the messages a read returned.
    read: list[str] | None = None


class Frame(msgspec.Struct, tag_field="kind", tag="frame", omit_defaults=True):
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
    code: str | None = None
    reason: str | None = None


class SocketEvent(msgspec.Struct, tag_field="kind", tag="socket", omit_defaults=True):
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
    """How far a fault has come."""

    INJECTED = "injected"
    FELT = "felt"
    HEALED = "healed"


class FaultEvent(msgspec.Struct, tag_field="kind", tag="fault", omit_defaults=True):
    """Something was broken on purpose, was felt, or was mended; `detail` is the evidence that it was felt."""

    fault: str
    nodes: list[str]
    stage: FaultStage
    at_ns: int
    at_us: int
    detail: str | None = None


class Witnessed(msgspec.Struct, tag_field="kind", tag="kafka", omit_defaults=True):
    """A message as an independent reader found it in Kafka after the run."""

    message_id: str
    room: str
    sequence: int
    # Debezium's source.ts_us: when PostgreSQL committed it.
    committed_us: int
    # The broker's append time, in whole milliseconds as Kafka has it; None when the topic keeps the producer's time.
    appended_ms: int | None
    partition: int
    offset: int


Record = RunStarted | Mark | Operation | Frame | SocketEvent | FaultEvent | Witnessed

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
        """Write what is not written yet."""
        pending = self.records[self._written :]
        if not pending:
            return
        self._file.write(_encoder.encode_lines(pending))
        self._file.flush()
        self._written += len(pending)

    def close(self) -> None:
        """Write the rest and close the file."""
        self.flush()
        self._file.close()

    async def _flush_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._flush_every_s)
            self.flush()


def load(path: Path) -> list[Record]:
    """Read a history back."""
    with path.open("rb") as lines:
        return [_decoder.decode(line) for line in lines]
