"""Spans as rows of the run store; nothing else happens.

A span that names a message (`veigo.message.id`) also tells a part of that message's row: its attributes by
`PART_OF_ATTRIBUTE`, its beginning and end by `PART_OF_TIMES`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from veigo.telemetry.rows import MessagePart, Span
from veigo.telemetry.told import VALUE_CHARACTERS_MAX, Telling, Told, bounded, kind_of, node_of

MESSAGE_ID = "veigo.message.id"
REPLAYED = "veigo.replayed"

PART_OF_ATTRIBUTE = {
    "veigo.room.id": "room_id",
    "veigo.room.sequence": "sequence",
    "veigo.sender.id": "sender_id",
    "messaging.destination.name": "topic",
    "messaging.destination.partition.id": "partition",
    "messaging.kafka.offset": "offset",
    "veigo.postgresql.lsn": "lsn",
    "veigo.recipients": "recipients",
    "veigo.policy": "policy",
    "veigo.decision.data_version": "data_version",
    "veigo.decision.retries": "retries",
}
# What a span's beginning and its end are in the life of its message, by the span's name.
PART_OF_TIMES: Mapping[str, tuple[str | None, str | None]] = {
    "CreateMessage": ("sent_us", "acked_us"),
    "cdc capture": ("committed_us", "captured_us"),
    "kafka produce": (None, "appended_us"),
    "kafka dwell": (None, "received_us"),
    "fan-out": (None, "fanned_out_us"),
}
WHOLE_NUMBERS = frozenset({"sequence", "partition", "offset", "lsn", "recipients", "data_version", "retries"})
# The aggregator reads the same records for its own purpose; the message's way to its readers is what its row has.
SIDE_PATH = "project"

_encode = msgspec.json.Encoder().encode


def rows(tellings: Iterable[Telling]) -> list[Span]:
    """Spans as rows."""
    return [row_of(told, node_of(resource)) for resource, spans in tellings for told in spans]


def row_of(told: Told, node: str) -> Span:
    """One span; its attributes are cut to their bound."""
    text = _encode(told.attributes)
    if len(text) > VALUE_CHARACTERS_MAX:  # only then one of them can be too long
        told.attributes = bounded(told.attributes)
        text = _encode(told.attributes)
    message_id = told.attributes.get(MESSAGE_ID)
    return Span(
        told.trace_id,
        told.span_id,
        told.parent_id,
        node,
        told.name,
        kind_of(told),
        told.began_ns // 1000,
        told.ended_ns // 1000,
        told.ok,
        None if message_id is None else str(message_id),
        text.decode(),
        links_of(told) if told.links else "[]",
    )


def links_of(told: Told) -> str:
    """The links, as the store has them."""
    return _encode([{"trace_id": trace_id, "span_id": span_id} for trace_id, span_id in told.links]).decode()


def part_of(told: Told, message_id: str) -> MessagePart | None:
    """What a span tells of its message; None when that is only that there is one, as half of all spans do."""
    name, attributes = told.name, told.attributes
    if attributes.get(REPLAYED):
        return MessagePart(message_id, trace_id=told.trace_id, replays=1)
    if name == SIDE_PATH:
        return None
    facts: dict[str, Any] = {}
    for attribute, value in attributes.items():
        column = PART_OF_ATTRIBUTE.get(attribute)
        if column is None or value is None:
            continue
        fact = whole_number(value) if column in WHOLE_NUMBERS else str(value)[:VALUE_CHARACTERS_MAX]
        if fact is not None:
            facts[column] = fact
    begins, ends = PART_OF_TIMES.get(name, (None, None))
    if begins is not None:
        facts[begins] = told.began_ns // 1000
    if ends is not None and told.ok:
        facts[ends] = told.ended_ns // 1000
    return MessagePart(message_id, trace_id=told.trace_id, **facts) if facts else None


def whole_number(value: object) -> int | None:
    """A number that may have come as text, as the conventions want a partition; None when it is none."""
    if type(value) is int:
        return value
    try:
        return int(str(value))
    except ValueError:
        return None
