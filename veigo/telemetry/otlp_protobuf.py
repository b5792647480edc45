"""OTLP in protobuf: what the harness, other programs and the SDK's exporters send."""

import base64
import json
from collections.abc import Iterable
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from spans.packed import UnreadableError
from spans.told import Told, TracePart
from veigo.telemetry.told import Telling

_PLAIN = frozenset({"string_value", "int_value", "bool_value", "double_value"})


def tellings(body: bytes) -> list[Telling]:
    """What is in a body.

    Raises:
        UnreadableError: it is no OTLP trace request.
    """
    request = ExportTraceServiceRequest()
    try:
        request.ParseFromString(body)
    except DecodeError as error:
        raise UnreadableError(f"the body is no OTLP trace request: {error}") from None
    return [
        (plain(one.resource.attributes), [part_of(span) for scope in one.scope_spans for span in scope.spans])
        for one in request.resource_spans
    ]


def part_of(span: trace_pb2.Span) -> TracePart:
    """One span."""
    told = Told(
        span.name,
        span.kind,
        span.span_id.hex(),
        span.parent_span_id.hex() or None,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.status.code != trace_pb2.Status.STATUS_CODE_ERROR,
        plain(span.attributes),
        tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
    )
    return TracePart(span.trace_id.hex(), {}, [told])


def plain(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    """Attributes as a plain mapping."""
    return {one.key: plain_value(one.value) for one in attributes}


def plain_value(value: AnyValue) -> object:
    """One attribute's value; bytes and deeper structures are told by their kind only."""
    kind = value.WhichOneof("value")
    if kind in _PLAIN:
        return getattr(value, kind)
    if kind == "array_value":
        return [plain_value(one) for one in value.array_value.values]
    return kind


def protobuf_of(body: bytes) -> bytes:
    """A body of JSON, in protobuf; JSON's OTLP writes ids in hexadecimal, where protobuf's own JSON has base 64.

    Raises:
        UnreadableError: protobuf has no such thing, as with an id that is not hexadecimal.
    """
    try:
        return _protobuf_of(json.loads(body))
    except (ValueError, TypeError, json_format.ParseError) as error:
        raise UnreadableError(f"the body cannot be told in protobuf: {error}") from None


def _protobuf_of(told: dict[str, Any]) -> bytes:
    for resource_spans in told.get("resourceSpans", ()):
        for scope_spans in resource_spans.get("scopeSpans", ()):
            for one in scope_spans.get("spans", ()):
                for holder in (one, *one.get("links", ())):
                    for name in ("traceId", "spanId", "parentSpanId"):
                        if name in holder:
                            holder[name] = base64.b64encode(bytes.fromhex(holder[name])).decode()
    read = json_format.ParseDict(told, ExportTraceServiceRequest(), ignore_unknown_fields=True)
    return bytes(read.SerializeToString())
