"""OTLP requests as rows: JSON or protobuf in, a `Batch` out, and nothing else happens.

Our services send JSON, which is decoded in C straight into `Told`; whatever else speaks OTLP may send protobuf
(`otlp_protobuf.py`), which becomes the same. A span that names a message (`veigo.message.id`) also tells a part of that
message's row: its attributes by `PART_OF_ATTRIBUTE`, its beginning and end by `PART_OF_TIMES`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from veigo.telemetry.rows import Batch, MessagePart, Span

MESSAGE_ID = "veigo.message.id"
REPLAYED = "veigo.replayed"
VALUE_CHARACTERS_MAX = 500  # of one attribute; what is longer is cut, so that no span can fill the store
FAILED = 2  # STATUS_CODE_ERROR

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

KINDS = {1: "INTERNAL", 2: "SERVER", 3: "CLIENT", 4: "PRODUCER", 5: "CONSUMER"}


class UnreadableError(ValueError):
    """A body that is no OTLP request."""


class Value(msgspec.Struct, rename="camel", gc=False):
    """An attribute's value, in one of these."""

    string_value: str | None = None
    int_value: int | None = None
    bool_value: bool | None = None
    double_value: float | None = None
    array_value: "Values | None" = None


class Values(msgspec.Struct, gc=False):
    """Several of them."""

    values: list[Value] = []


class Attribute(msgspec.Struct, gc=False):
    """A name and what it says."""

    key: str
    value: Value


class Link(msgspec.Struct, rename="camel", gc=False):
    """Another span that has to do with it."""

    trace_id: str
    span_id: str


class Status(msgspec.Struct, gc=False):
    """How it went."""

    code: int = 0


class Told(msgspec.Struct, rename="camel", gc=False):
    """A span."""

    trace_id: str
    span_id: str
    name: str
    start_time_unix_nano: int
    end_time_unix_nano: int
    kind: int = 1
    parent_span_id: str = ""
    attributes: list[Attribute] = []
    links: list[Link] = []
    status: Status | None = None


class ScopeSpans(msgspec.Struct):
    """Spans that one library made."""

    spans: list[Told] = []


class Resource(msgspec.Struct):
    """Who tells them."""

    attributes: list[Attribute] = []


class ResourceSpans(msgspec.Struct, rename="camel"):
    """Spans of one teller."""

    resource: Resource | None = None
    scope_spans: list[ScopeSpans] = []


class Request(msgspec.Struct, rename="camel"):
    """An `ExportTraceServiceRequest`."""

    resource_spans: list[ResourceSpans] = []


# None of these can hold itself, so the garbage collector need not look at them (gc=False): there are a great many.
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Request, strict=False).decode  # not strict: JSON's OTLP writes whole numbers as text


def request(body: bytes) -> Request:
    """A body of JSON.

    Raises:
        UnreadableError: it is no OTLP trace request.
    """
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableError(f"the body is no OTLP trace request: {error}") from None


def rows(request: Request, is_new: Callable[[Told], bool] = lambda _: True) -> Batch:
    """The rows in a request, of those spans that are new."""
    batch = Batch()
    for resource_spans in request.resource_spans:
        resource = resource_spans.resource
        node = node_of(plain(resource.attributes) if resource else {})
        for scope_spans in resource_spans.scope_spans:
            for told in filter(is_new, scope_spans.spans):
                attributes = plain(told.attributes)
                batch.spans.append(span_of(told, node, attributes))
                if MESSAGE_ID in attributes and (part := part_of(told, attributes)) is not None:
                    batch.messages.append(part)
    return batch


def node_of(named: Mapping[str, Any]) -> str:
    """Which node of the stack speaks: its `service.instance.id`, or its service's name when it has none."""
    return str(named.get("service.instance.id") or named.get("service.name") or "unknown")


def span_of(told: Told, node: str, attributes: Mapping[str, Any]) -> Span:
    """One span as a row."""
    message_id = attributes.get(MESSAGE_ID)
    return Span(
        told.trace_id,
        told.span_id,
        told.parent_span_id or None,
        node,
        told.name,
        KINDS.get(told.kind, "INTERNAL"),
        told.start_time_unix_nano // 1000,
        told.end_time_unix_nano // 1000,
        told.status is None or told.status.code != FAILED,
        None if message_id is None else str(message_id),
        _encode(attributes).decode(),
        _encode([{"trace_id": one.trace_id, "span_id": one.span_id} for one in told.links]).decode()
        if told.links
        else "[]",
    )


def part_of(told: Told, attributes: Mapping[str, Any]) -> MessagePart | None:
    """What a span tells of its message; None when that is only that there is one, as half of all spans do."""
    part = MessagePart(str(attributes[MESSAGE_ID]), trace_id=told.trace_id)
    facts = part.facts
    if attributes.get(REPLAYED):
        facts["replays"] = 1
        return part
    if told.name == SIDE_PATH:
        return None
    for attribute, value in attributes.items():
        column = PART_OF_ATTRIBUTE.get(attribute)
        if column is None or value is None:
            continue
        fact = whole_number(value) if column in WHOLE_NUMBERS else str(value)
        if fact is not None:
            facts[column] = fact
    begins, ends = PART_OF_TIMES.get(told.name, (None, None))
    if begins is not None:
        facts[begins] = told.start_time_unix_nano // 1000
    if ends is not None and (told.status is None or told.status.code != FAILED):
        facts[ends] = told.end_time_unix_nano // 1000
    return part if len(facts) > 1 else None


def whole_number(value: object) -> int | None:
    """A number that may have come as text, as the conventions want a partition; None when it is none."""
    if type(value) is int:
        return value
    try:
        return int(str(value))
    except ValueError:
        return None


def plain(attributes: Iterable[Attribute]) -> dict[str, Any]:
    """Attributes as a plain mapping."""
    # Most are text; a call for each would take as long as everything else here.
    return {
        attribute.key: plain_value(attribute.value)
        if (text := attribute.value.string_value) is None
        else text[:VALUE_CHARACTERS_MAX]
        for attribute in attributes
    }


def plain_value(value: Value) -> object:
    """One attribute's value; bytes and deeper structures are told by their kind only."""
    if value.string_value is not None:
        return value.string_value[:VALUE_CHARACTERS_MAX]
    if value.int_value is not None:
        return value.int_value
    if value.bool_value is not None:
        return value.bool_value
    if value.double_value is not None:
        return value.double_value
    if value.array_value is not None:
        return [plain_value(one) for one in value.array_value.values]
    return None
