"""A message's hops behind the commit, told by those who read its record: what they saw of it, and the spans of that.

Change capture, broker and readers are seven spans of each message, alike but for a few times and numbers. So a reader
tells those, and the spans are made of them by whoever looks. Their ids come from the message's id and the hop's name:
however often a record is read, and by whom, they are the same spans.
"""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec

from spans.told import (
    CLIENT,
    CONSUMER,
    INTERNAL,
    MESSAGE_ID,
    PRODUCER,
    ROOM_ID,
    SENDER_ID,
    Timed,
    Told,
    TracePart,
)

NAMES_MAX = 64  # of hops, whose number is remembered; there are a dozen


class Hops:
    """Ids of the spans of a message's hops by name: the same for everybody who asks, and no two alike."""

    __slots__ = ("_number",)

    def __init__(self, message_id: str) -> None:
        self._number = _number_of(message_id)

    def span_id(self, hop: str) -> str:
        """The id of one of them, in lower-case hexadecimal."""
        return f"{self._number ^ _number_of_hop(hop):016x}"


class Place(msgspec.Struct, array_like=True, gc=False):
    """Where a record stands in Kafka, and since when, in milliseconds since the epoch; the broker knows no better."""

    topic: str
    partition: int
    offset: int
    appended_ms: int

    @property
    def appended_ns(self) -> int:
        """In nanoseconds."""
        return self.appended_ms * 1_000_000

    @property
    def attributes(self) -> dict[str, Any]:
        """As OpenTelemetry's conventions have it."""
        return {
            "messaging.system": "kafka",
            "messaging.destination.name": self.topic,
            "messaging.destination.partition.id": str(self.partition),
            "messaging.kafka.offset": self.offset,
        }


class Projected(msgspec.Struct, array_like=True, gc=False, tag=1):
    """What the aggregator saw of a message: the hops up to the broker, which it tells for all, and its own.

    Attributes:
        trace_id, written_id: the trace, and the span that wrote the row, under which its way goes on.
        message_id, sender_id, room_id, sequence: which message.
        lsn: where in PostgreSQL's log.
        committed_us, captured_us: when its row was committed, and when Debezium had it.
        place: where its record stands.
        received_ns, ended_ns: when it was read, and when the batch it was in had been applied.
        steps: what was done with the batch: name, beginning and end.
        batch: how many messages were in it.
    """

    trace_id: str
    written_id: str
    message_id: str
    sender_id: str | None
    room_id: str
    sequence: int
    lsn: int | None
    committed_us: int
    captured_us: int
    place: Place
    received_ns: int
    ended_ns: int = 0
    steps: list[tuple[str, int, int]] = []
    batch: int = 1

    @property
    def count(self) -> int:
        """How many spans that is."""
        return 3 + len(self.steps)

    def key(self, _: str) -> tuple[str, ...]:
        """What it is known by, if it comes again, whichever node tells."""
        return self.trace_id, self.message_id

    def timed(self) -> list[Timed]:
        """When each of its spans began and ended."""
        committed_ns, captured_ns = self.committed_us * 1000, self.captured_us * 1000
        return [
            timed("cdc capture", INTERNAL, committed_ns, captured_ns),
            timed("kafka produce", PRODUCER, captured_ns, self.place.appended_ns),
            *[timed(name, CLIENT, began_ns, ended_ns) for name, began_ns, ended_ns in self.steps],
            timed("project", CONSUMER, self.received_ns, self.ended_ns),
        ]

    def part(self, _: str) -> TracePart:
        """The spans of that, whichever node tells."""
        hops, kafka = Hops(self.message_id), self.place.attributes
        capture, produce, project = map(hops.span_id, ("cdc capture", "kafka produce", "project"))
        row = {
            "db.system.name": "postgresql",
            "db.collection.name": "room_events",
            ROOM_ID: self.room_id,
            "veigo.room.sequence": self.sequence,
        }
        if self.sender_id is not None:
            row[SENDER_ID] = self.sender_id
        if self.lsn is not None:
            row["veigo.postgresql.lsn"] = self.lsn
        sent = {**kafka, "messaging.operation.type": "send", "messaging.operation.name": "produce"}
        batch = {"veigo.batch.messages": self.batch}
        places = [
            (capture, self.written_id, row),
            (produce, capture, sent),
            *[(hops.span_id(name), project, batch) for name, _, _ in self.steps],
            (project, produce, {**kafka, "messaging.operation.type": "process"}),
        ]
        return part_of(self.trace_id, self.message_id, self.timed(), places)


class FannedOut(msgspec.Struct, array_like=True, gc=False, tag=2):
    """What a realtime service saw of a message: how long its record waited, and the handing out to its members.

    Attributes:
        trace_id, message_id: which message.
        place: where its record stands.
        received_ns, ended_ns: when it was read, and when it had been handed to everybody.
        recipients: how many sockets that was.
        ok: whether it went well.
        sampled: one of them, for a span of its own: whose socket, and when it had it.
    """

    trace_id: str
    message_id: str
    place: Place
    received_ns: int
    ended_ns: int = 0
    recipients: int = 0
    ok: bool = True
    sampled: tuple[str, int] | None = None

    @property
    def count(self) -> int:
        """How many spans that is."""
        return 2 if self.sampled is None else 3

    def key(self, node: str) -> tuple[str, ...]:
        """What it is known by, if it comes again; each replica tells its own, as they all read every record."""
        return self.trace_id, self.message_id, node

    def timed(self) -> list[Timed]:
        """When each of its spans began and ended."""
        received_ns = self.received_ns
        spans = [
            timed("kafka dwell", CONSUMER, self.place.appended_ns, received_ns),
            timed("fan-out", CONSUMER, received_ns, self.ended_ns, ok=self.ok),
        ]
        if self.sampled is not None:
            spans.append(timed("deliver", PRODUCER, received_ns, self.sampled[1]))
        return spans

    def part(self, node: str) -> TracePart:
        """The spans of that, those of this node."""
        hops, kafka = Hops(self.message_id), self.place.attributes
        dwell, fan_out = hops.span_id(f"kafka dwell {node}"), hops.span_id(f"fan-out {node}")
        waited = {**kafka, "messaging.operation.type": "receive", "messaging.operation.name": "poll"}
        handed = {**kafka, "messaging.operation.type": "process", "veigo.recipients": self.recipients}
        places = [(dwell, hops.span_id("kafka produce"), waited), (fan_out, dwell, handed)]
        if self.sampled is not None:
            places.append((hops.span_id(f"deliver {node}"), fan_out, {"veigo.recipient.id": self.sampled[0]}))
        return part_of(self.trace_id, self.message_id, self.timed(), places)


def timed(name: str, kind: int, began_ns: int, ended_ns: int, *, ok: bool = True) -> Timed:
    """A span's times; where clocks disagree about its end, it has no length."""
    return name, kind, began_ns, max(began_ns, ended_ns), ok


def part_of(
    trace_id: str, message_id: str, times: Iterable[Timed], places: Iterable[tuple[str, str, dict[str, Any]]]
) -> TracePart:
    """Spans, by when each was, and by its id, its parent's and its attributes."""
    spans = [
        Told(name, kind, span_id, parent_id, began_ns, ended_ns, ok, attributes)
        for (name, kind, began_ns, ended_ns, ok), (span_id, parent_id, attributes) in zip(times, places, strict=True)
    ]
    return TracePart(trace_id, {MESSAGE_ID: message_id}, spans)


def _number_of(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


_number_of_hop = lru_cache(NAMES_MAX)(_number_of)
