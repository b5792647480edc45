"""OTLP requests as rows: protobuf in, a `Batch` out, and nothing else happens.

A span that names a message (`veigo.message.id`) also tells a part of that message's row: its attributes by
`PART_OF_ATTRIBUTE`, its beginning and end by `PART_OF_TIMES`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2

from veigo.telemetry.rows import Batch, MessagePart, Span

MESSAGE_ID = "veigo.message.id"
REPLAYED = "veigo.replayed"
VALUE_CHARACTERS_MAX = 500  # of one attribute; what is longer is cut, so that no span can fill the store

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
ONLY_IDS = 2  # a part that has no more fields says nothing

KINDS = {number: name.removeprefix("SPAN_KIND_") for name, number in trace_pb2.Span.SpanKind.items()}

_encode = msgspec.json.Encoder().encode


class UnreadableError(ValueError):
    """A body that is no OTLP request."""


def spans(body: bytes) -> Batch:
    """Return the rows in an `ExportTraceServiceRequest`.

    Raises:
        UnreadableError: it is none.
    """
    request = ExportTraceServiceRequest()
    try:
        request.ParseFromString(body)
    except DecodeError as error:
        raise UnreadableError(f"the body is no OTLP trace request: {error}") from None
    batch = Batch()
    for resource_spans in request.resource_spans:
        node = node_of(resource_spans.resource)
        for scope_spans in resource_spans.scope_spans:
            for told in scope_spans.spans:
                attributes = plain(told.attributes)
                batch.spans.append(span_of(told, node, attributes))
                if MESSAGE_ID in attributes and (part := part_of(told, attributes)) is not None:
                    batch.messages.append(part)
    return batch


def node_of(resource: Resource) -> str:
    """Which node of the stack speaks: its `service.instance.id`, or its service's name when it has none."""
    named = plain(resource.attributes)
    return str(named.get("service.instance.id") or named.get("service.name") or "unknown")


def span_of(told: trace_pb2.Span, node: str, attributes: Mapping[str, Any]) -> Span:
    """One span as a row."""
    message_id = attributes.get(MESSAGE_ID)
    links = [{"trace_id": link.trace_id.hex(), "span_id": link.span_id.hex()} for link in told.links]
    return Span(
        trace_id=told.trace_id.hex(),
        span_id=told.span_id.hex(),
        parent_id=told.parent_span_id.hex() or None,
        node=node,
        name=told.name,
        kind=KINDS.get(told.kind, "INTERNAL"),
        start_us=told.start_time_unix_nano // 1000,
        end_us=told.end_time_unix_nano // 1000,
        ok=told.status.code != trace_pb2.Status.STATUS_CODE_ERROR,
        message_id=None if message_id is None else str(message_id),
        attributes=_encode(attributes).decode(),
        links=_encode(links).decode() if links else "[]",
    )


def part_of(told: trace_pb2.Span, attributes: Mapping[str, Any]) -> MessagePart | None:
    """What a span tells of its message; None when that is only that there is one, as half of all spans do."""
    part: dict[str, Any] = {"message_id": str(attributes[MESSAGE_ID]), "trace_id": told.trace_id.hex()}
    if attributes.get(REPLAYED):
        return MessagePart(**part, replays=1)
    if told.name == SIDE_PATH:
        return None
    for attribute, column in PART_OF_ATTRIBUTE.items():
        value = attributes.get(attribute)
        if value is not None:
            part[column] = whole_number(value) if column in WHOLE_NUMBERS else str(value)
    begins, ends = PART_OF_TIMES.get(told.name, (None, None))
    if begins is not None:
        part[begins] = told.start_time_unix_nano // 1000
    if ends is not None and told.status.code != trace_pb2.Status.STATUS_CODE_ERROR:
        part[ends] = told.end_time_unix_nano // 1000
    return MessagePart(**part) if len(part) > ONLY_IDS else None


def whole_number(value: object) -> int | None:
    """A number that may have come as text, as the conventions want a partition; None when it is none."""
    try:
        return int(str(value))
    except ValueError:
        return None


def plain(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    """Attributes as a plain mapping."""
    return {attribute.key: plain_value(attribute.value) for attribute in attributes}


def plain_value(value: AnyValue) -> object:
    """One attribute's value; bytes and deeper structures are told by their kind only."""
    if text := value.string_value:  # as most are; asking first which kind it is takes longer than reading it
        return text[:VALUE_CHARACTERS_MAX]
    kind = value.WhichOneof("value")
    match kind:
        case "string_value":
            return ""
        case "int_value" | "bool_value" | "double_value":
            return getattr(value, kind)
        case "array_value":
            return [plain_value(one) for one in value.array_value.values]
        case _:
            return kind
