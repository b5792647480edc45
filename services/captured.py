"""A message's way through change capture, as spans told by whoever reads its record.

No tracing runs inside PostgreSQL, Debezium or Kafka: the record carries when the row was committed (`source.ts_us`),
when Debezium had it (`ts_us`) and when the broker appended it. So a reader tells the hops before itself, back-dated.
Their ids come from the message's id and the hop's name: however often the record is read, and by whom, they are the
same spans, so that one reader may tell them for all. What comes a second time to the same reader is told as one span of
its own, marked `veigo.replayed`.
"""

import hashlib
from collections import OrderedDict
from typing import NamedTuple, Protocol

import msgspec

from services import tracing
from services.tracing import Attributes, Context

ROOM_EVENTS = "chat.public.room_events"
MESSAGE_CREATED = "message.created"
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


class Captured(NamedTuple):
    """A message whose record was read.

    Attributes:
        written: the span that wrote it, under which its way goes on.
        produced: the span that ends with the broker's append; what readers do is its child.
        replayed: whether this reader had it before.
        appended_ns: when the broker had it; Kafka knows whole milliseconds.
        attributes: what every span of this reader says of it.
    """

    message_id: str
    written: Context
    produced: Context
    replayed: bool
    appended_ns: int
    attributes: Attributes

    def context(self, hop: str) -> Context:
        """The context of one of the message's hops."""
        return hop_context(self.written, self.message_id, hop)


class Reader:
    """The messages one process reads, and what it has read before."""

    def __init__(self, *, tells_capture: bool) -> None:
        """Read for one process; with `tells_capture` it tells the hops up to the broker, for all readers."""
        self._tells_capture = tells_capture
        self._newest: OrderedDict[str, int] = OrderedDict()

    def read(self, record: Record, received_ns: int) -> Captured | None:
        """Read a record, and tell what is to be told; None when it is no message, or its trace is not wanted.

        A record that cannot be understood is None too: whoever reads it for its own purpose says so.
        """
        if not tracing.enabled() or record.topic != ROOM_EVENTS or record.value is None:
            return None
        try:
            envelope = _envelope.decode(record.value)
            row = envelope.after
            written = tracing.context_in(row.traceparent) if row is not None else None
            if row is None or row.type != MESSAGE_CREATED or written is None or not written.sampled:
                return None
            message = _message.decode(row.payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        replayed = self._was_read(row.room_id, row.sequence)
        produced = hop_context(written, message.id, "kafka produce")
        attributes: Attributes = {
            tracing.MESSAGE_ID: message.id,
            "messaging.system": "kafka",
            "messaging.destination.name": record.topic,
            "messaging.destination.partition.id": str(record.partition),
            "messaging.kafka.offset": record.offset,
        }
        captured = Captured(message.id, written, produced, replayed, record.timestamp * 1_000_000, attributes)
        if replayed:
            marked = {**attributes, "veigo.replayed": True}
            again = captured.context(f"redelivered {tracing.node()} {record.partition}@{record.offset}")
            tracing.tell("redelivered", tracing.CONSUMER, again, written, received_ns, received_ns, marked)
        elif self._tells_capture:
            _tell_capture(captured, row, envelope, message)
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


def _tell_capture(captured: Captured, row: _Row, envelope: _Envelope, message: _Message) -> None:
    capture = captured.context("cdc capture")
    about: Attributes = {
        tracing.MESSAGE_ID: message.id,
        "db.system.name": "postgresql",
        "db.collection.name": "room_events",
        "veigo.room.id": row.room_id,
        "veigo.room.sequence": row.sequence,
    }
    if message.sender_id is not None:
        about["veigo.sender.id"] = message.sender_id
    if envelope.source.lsn is not None:
        about["veigo.postgresql.lsn"] = envelope.source.lsn
    committed_ns, captured_ns = envelope.source.ts_us * 1000, envelope.ts_us * 1000
    tracing.tell("cdc capture", tracing.INTERNAL, capture, captured.written, committed_ns, captured_ns, about)
    sent = {**captured.attributes, "messaging.operation.type": "send", "messaging.operation.name": "produce"}
    tracing.tell("kafka produce", tracing.PRODUCER, captured.produced, capture, captured_ns, captured.appended_ns, sent)


def hop_context(written: Context, message_id: str, hop: str) -> Context:
    """The context of a message's hop; the same for everybody who asks."""
    digest = hashlib.sha256(f"{message_id} {hop}".encode()).digest()
    return Context(written.trace_id, int.from_bytes(digest[:8], "big"), written.sampled)
