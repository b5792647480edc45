"""A message's way through change capture, as spans told by whoever reads its record.

No tracing runs inside PostgreSQL, Debezium or Kafka: the record carries when the row was committed (`source.ts_us`),
when Debezium had it (`ts_us`) and when the broker appended it. So a reader tells the hops before itself, back-dated.
Their ids come from the message's id and the hop's name: however often the record is read, and by whom, they are the
same spans, so that one reader may tell them for all. What comes a second time to the same reader is told as one span of
its own, marked `veigo.replayed`.
"""

import hashlib
from collections import OrderedDict
from functools import lru_cache
from typing import Protocol

import msgspec

from services import finished_spans
from services.finished_spans import CONSUMER, INTERNAL, MESSAGE_ID, PRODUCER, Attributes, Finished, finished
from services.trace_context import Context, context_in

ROOM_EVENTS = "chat.public.room_events"
MESSAGE_CREATED = "message.created"
HOPS_MAX = 64  # names of hops whose number is remembered; there are a dozen
ROOMS_MAX = 50_000  # rooms whose newest sequence is remembered; of one forgotten, a repeated record is not noticed


class Record(Protocol):
    """What is read of a Kafka record."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    value: bytes | None


class _Row(msgspec.Struct):
    room_id: str
    sequence: int
    type: str
    payload: str
    traceparent: str | None = None


class _Source(msgspec.Struct):
    ts_us: int
    lsn: int | None = None


class _Envelope(msgspec.Struct):
    source: _Source
    ts_us: int
    after: _Row | None = None


class _Message(msgspec.Struct, rename="camel"):
    id: str
    sender_id: str | None = None


_envelope = msgspec.json.Decoder(_Envelope)
_message = msgspec.json.Decoder(_Message)


class Captured(msgspec.Struct, frozen=True):
    """A message whose record was read.

    Attributes:
        message_id: which message.
        sender_id: who wrote it, if its record says so.
        room_id, sequence: where it stands.
        written: the span that wrote it, under which its way goes on.
        hops: the contexts of its hops, by name.
        produced: the span that ends with the broker's append; what readers do is its child.
        replayed: whether this reader had it before.
        committed_ns, captured_ns: when its row was committed, and when Debezium had it.
        appended_ns: when the broker had it; Kafka knows whole milliseconds.
        lsn: where in PostgreSQL's log.
        attributes: what every span of this reader says of it.
    """

    message_id: str
    sender_id: str | None
    room_id: str
    sequence: int
    written: Context
    hops: "Hops"
    produced: Context
    replayed: bool
    committed_ns: int
    captured_ns: int
    appended_ns: int
    lsn: int | None
    attributes: Attributes

    def hops_to_the_broker(self) -> list[Finished]:
        """The hops before any reader, to be told by one for all."""
        about: Attributes = {
            MESSAGE_ID: self.message_id,
            "db.system.name": "postgresql",
            "db.collection.name": "room_events",
            "veigo.room.id": self.room_id,
            "veigo.room.sequence": self.sequence,
        }
        if self.sender_id is not None:
            about["veigo.sender.id"] = self.sender_id
        if self.lsn is not None:
            about["veigo.postgresql.lsn"] = self.lsn
        sent = {**self.attributes, "messaging.operation.type": "send", "messaging.operation.name": "produce"}
        capture, produced = self.hops.context("cdc capture"), self.produced
        above, committed_ns, captured_ns = self.written.span_id, self.committed_ns, self.captured_ns
        return [
            finished("cdc capture", INTERNAL, capture, above, committed_ns, captured_ns, about),
            finished("kafka produce", PRODUCER, produced, capture.span_id, captured_ns, self.appended_ns, sent),
        ]


class Hops:
    """Contexts of a message's hops by name: the same for everybody who asks, and no two alike."""

    __slots__ = ("_number", "_sampled", "_trace_id")

    def __init__(self, written: Context, message_id: str) -> None:
        self._trace_id, self._sampled = written.trace_id, written.sampled
        self._number = _number_of(message_id)

    def context(self, hop: str) -> Context:
        """The context of one of them."""
        return Context(self._trace_id, f"{self._number ^ _number_of_hop(hop):016x}", self._sampled)


class Reader:
    """The messages one process reads, and what it has read before."""

    def __init__(self) -> None:
        self._newest: OrderedDict[str, int] = OrderedDict()

    def read(self, record: Record, received_ns: int) -> Captured | None:
        """Read a record; None when it is no message, or its trace is not wanted.

        One that was read before is told of as such. One that cannot be understood is None too: whoever reads it for
        its own purpose says so.
        """
        if not finished_spans.enabled() or record.topic != ROOM_EVENTS or record.value is None:
            return None
        try:
            envelope = _envelope.decode(record.value)
            row = envelope.after
            written = context_in(row.traceparent) if row is not None else None
            if row is None or row.type != MESSAGE_CREATED or written is None or not written.sampled:
                return None
            message = _message.decode(row.payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        hops = Hops(written, message.id)
        captured = Captured(
            message.id,
            message.sender_id,
            row.room_id,
            row.sequence,
            written,
            hops,
            produced=hops.context("kafka produce"),
            replayed=self._was_read(row.room_id, row.sequence),
            committed_ns=envelope.source.ts_us * 1000,
            captured_ns=envelope.ts_us * 1000,
            appended_ns=record.timestamp * 1_000_000,
            lsn=envelope.source.lsn,
            attributes={
                MESSAGE_ID: message.id,
                "messaging.system": "kafka",
                "messaging.destination.name": record.topic,
                "messaging.destination.partition.id": str(record.partition),
                "messaging.kafka.offset": record.offset,
            },
        )
        if captured.replayed:
            again = hops.context(f"redelivered {finished_spans.node()} {record.partition}@{record.offset}")
            marked = {**captured.attributes, "veigo.replayed": True}
            above = written.span_id
            finished_spans.tell([finished("redelivered", CONSUMER, again, above, received_ns, received_ns, marked)])
        return captured

    def _was_read(self, room_id: str, sequence: int) -> bool:
        newest = self._newest.get(room_id, 0)
        if sequence <= newest:
            return True
        self._newest[room_id] = sequence
        self._newest.move_to_end(room_id)
        if len(self._newest) > ROOMS_MAX:
            self._newest.popitem(last=False)
        return False


def _number_of(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


_number_of_hop = lru_cache(HOPS_MAX)(_number_of)
