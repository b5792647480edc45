"""A message's way through change capture, as whoever reads its record can tell it.

No tracing runs inside PostgreSQL, Debezium or Kafka: the record carries when the row was committed (`source.ts_us`),
when Debezium had it (`ts_us`) and when the broker appended it. So one reader tells the hops before itself, for all,
back-dated (`spans/hops.py`). What comes a second time to the same reader is told as one span of its own, marked
`veigo.replayed`.
"""

from collections import OrderedDict
from typing import Protocol

import msgspec

from services import finished_spans
from services.trace_context import context_in
from spans.hops import Hops, Place, Projected
from spans.told import CONSUMER, MESSAGE_ID, REPLAYED, Told, TracePart

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


def projected_in(record: Record, received_ns: int) -> Projected | None:
    """Read a record; None when it is no message, or its trace is not wanted.

    One that cannot be understood is None too: whoever reads it for its own purpose says so.
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
    return Projected(
        written.trace_id,
        written.span_id,
        message.id,
        message.sender_id,
        row.room_id,
        row.sequence,
        envelope.source.lsn,
        envelope.source.ts_us,
        envelope.ts_us,
        place_of(record),
        received_ns,
    )


def place_of(record: Record) -> Place:
    """Where a record stands."""
    return Place(record.topic, record.partition, record.offset, record.timestamp)


class Reader:
    """What one process has read before."""

    def __init__(self) -> None:
        self._newest: OrderedDict[str, int] = OrderedDict()

    def is_new(self, room_id: str, sequence: int) -> bool:
        """Whether this event of a room is read for the first time."""
        if sequence <= self._newest.get(room_id, 0):
            return False
        self._newest[room_id] = sequence
        self._newest.move_to_end(room_id)
        if len(self._newest) > ROOMS_MAX:
            self._newest.popitem(last=False)
        return True


def tell_redelivered(place: Place, message_id: str, written_id: str, trace_id: str, received_ns: int) -> None:
    """Tell that a message's record was read again."""
    again = Hops(message_id).span_id(f"redelivered {finished_spans.node()} {place.partition}@{place.offset}")
    about = {**place.attributes, REPLAYED: True}
    told = Told("redelivered", CONSUMER, again, written_id, received_ns, received_ns, attributes=about)
    finished_spans.tell(TracePart(trace_id, {MESSAGE_ID: message_id}, [told]))
