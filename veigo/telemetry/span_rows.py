"""Spans as rows of the run store; nothing else happens."""

from collections.abc import Iterable

import msgspec

from spans.told import MESSAGE_ID, Told, TracePart
from veigo.telemetry.rows import Span
from veigo.telemetry.told import VALUE_CHARACTERS_MAX, Telling, bounded, kind_of, node_of

_encode = msgspec.json.Encoder().encode


def rows(tellings: Iterable[Telling]) -> list[Span]:
    """Spans as rows."""
    return [
        row_of(span, part, node)
        for node, told in ((node_of(resource), told) for resource, told in tellings)
        for part in (one.part(node) for one in told)
        for span in part.spans
    ]


def row_of(told: Told, part: TracePart, node: str) -> Span:
    """One span; its attributes are cut to their bound."""
    attributes = {**part.attributes, **told.attributes}
    text = _encode(attributes)
    if len(text) > VALUE_CHARACTERS_MAX:  # only then one of them can be too long
        attributes = bounded(attributes)
        text = _encode(attributes)
    message_id = attributes.get(MESSAGE_ID)
    return Span(
        part.trace_id,
        told.span_id,
        told.parent_id,
        node,
        told.name,
        kind_of(told.kind),
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
