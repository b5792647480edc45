"""What is told of a message: facts for its row (`veigo/telemetry/rows.py`).

Readers of its record tell of it field by field (`spans/hops.py`). Of spans those do that name it (`veigo.message.id`):
by `TELLS` what a span of this name does, its beginning and its end among them; half of them tell nothing.
"""

from typing import Any, NamedTuple

from spans.hops import FannedOut, Projected
from spans.packed import Report
from spans.told import MESSAGE_ID, REPLAYED, ROOM_ID, SENDER_ID, TracePart
from veigo.telemetry.rows import Facts, MessagePart
from veigo.telemetry.told import VALUE_CHARACTERS_MAX


class Fact(NamedTuple):
    """An attribute, and the column it is for."""

    attribute: str
    column: str
    is_number: bool = False


_ROOM, _SENDER = Fact(ROOM_ID, "room_id"), Fact(SENDER_ID, "sender_id")


class Tells(NamedTuple):
    """What a span tells.

    Attributes:
        begins, ends: what its beginning is in the life of its message, and its end if it went well.
        facts: what its attributes say of its message.
    """

    begins: str | None = None
    ends: str | None = None
    facts: tuple[Fact, ...] = ()


TELLS = {
    "CreateMessage": Tells("sent_us", "acked_us", (_ROOM, _SENDER)),
    "POST opa send_message": Tells(
        facts=(
            Fact("veigo.policy", "policy"),
            Fact("veigo.decision.data_version", "data_version", is_number=True),
            Fact("veigo.decision.retries", "retries", is_number=True),
        )
    ),
    "cdc capture": Tells(
        "committed_us",
        "captured_us",
        (
            _ROOM,
            _SENDER,
            Fact("veigo.room.sequence", "sequence", is_number=True),
            Fact("veigo.postgresql.lsn", "lsn", is_number=True),
        ),
    ),
    "kafka produce": Tells(
        None,
        "appended_us",
        (
            Fact("messaging.destination.name", "topic"),
            Fact("messaging.destination.partition.id", "partition", is_number=True),
            Fact("messaging.kafka.offset", "offset", is_number=True),
        ),
    ),
    "kafka dwell": Tells(None, "received_us"),
    "fan-out": Tells(None, "fanned_out_us", (Fact("veigo.recipients", "recipients", is_number=True),)),
}
_TELLS_NOTHING = Tells()


def told_of(told: Report) -> MessagePart | None:
    """What is told of a message; None when that is nothing, or no message is named."""
    match told:
        case TracePart():
            return _told_by_spans(told)
        case Projected():
            return MessagePart(told.message_id, _projected(told))
        case FannedOut():
            return MessagePart(told.message_id, _fanned_out(told))


def _projected(told: Projected) -> Facts:
    place = told.place
    facts = Facts(
        room_id=_text(told.room_id),
        sequence=told.sequence,
        trace_id=told.trace_id,
        committed_us=told.committed_us,
        captured_us=max(told.committed_us, told.captured_us),
        appended_us=max(told.captured_us, place.appended_ms * 1000),
        topic=_text(place.topic),
        partition=place.partition,
        offset=place.offset,
    )
    if told.sender_id is not None:
        facts["sender_id"] = _text(told.sender_id)
    if told.lsn is not None:
        facts["lsn"] = told.lsn
    return facts


def _fanned_out(told: FannedOut) -> Facts:
    facts = Facts(
        trace_id=told.trace_id,
        received_us=max(told.place.appended_ms * 1000, told.received_ns // 1000),
        recipients=told.recipients,
    )
    if told.ok:
        facts["fanned_out_us"] = max(told.received_ns, told.ended_ns) // 1000
    return facts


def _told_by_spans(part: TracePart) -> MessagePart | None:
    """What spans tell."""
    shared, last = part.attributes, part.spans[-1].attributes
    message_id = shared.get(MESSAGE_ID) or last.get(MESSAGE_ID)
    if message_id is None:
        return None
    if last.get(REPLAYED):
        return MessagePart(str(message_id), Facts(trace_id=part.trace_id, replays=1))
    facts: dict[str, Any] = {}
    if ROOM_ID in shared:
        facts["room_id"] = _text(shared[ROOM_ID])
    for told in part.spans:
        begins, ends, known = TELLS.get(told.name, _TELLS_NOTHING)
        if begins is not None:
            facts[begins] = told.began_ns // 1000
        if ends is not None and told.ok:
            facts[ends] = told.ended_ns // 1000
        for attribute, column, is_number in known:
            value = told.attributes.get(attribute)
            fact = None if value is None else _whole_number(value) if is_number else _text(value)
            if fact is not None:
                facts[column] = fact
    if not facts:
        return None
    facts["trace_id"] = part.trace_id
    return MessagePart(str(message_id), facts)  # type: ignore[arg-type]


def _text(value: object) -> str:
    return str(value)[:VALUE_CHARACTERS_MAX]


def _whole_number(value: object) -> int | None:
    """A number that may have come as text, as the conventions want a partition; None when it is none."""
    if type(value) is int:
        return value
    try:
        return int(str(value))
    except ValueError:
        return None
