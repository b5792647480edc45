"""OTLP in protobuf, as the same structures that its JSON is read into.

Our services send spans as JSON; the harness, other programs and the SDK's exporters of metrics send protobuf.
"""

import base64
import json
from collections.abc import Iterable
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from veigo.telemetry import otlp
from veigo.telemetry.otlp import UnreadableError

_PLAIN = frozenset({"string_value", "int_value", "bool_value", "double_value"})


def request(body: bytes) -> otlp.Request:
    """A body of protobuf.

    Raises:
        UnreadableError: it is no OTLP trace request.
    """
    told = ExportTraceServiceRequest()
    try:
        told.ParseFromString(body)
    except DecodeError as error:
        raise UnreadableError(f"the body is no OTLP trace request: {error}") from None
    return otlp.Request(
        [
            otlp.ResourceSpans(
                otlp.Resource(attributes(one.resource.attributes)),
                [otlp.ScopeSpans([span(told) for told in scope.spans]) for scope in one.scope_spans],
            )
            for one in told.resource_spans
        ]
    )


def span(told: trace_pb2.Span) -> otlp.Told:
    """One span."""
    return otlp.Told(
        trace_id=told.trace_id.hex(),
        span_id=told.span_id.hex(),
        name=told.name,
        start_time_unix_nano=told.start_time_unix_nano,
        end_time_unix_nano=told.end_time_unix_nano,
        kind=told.kind,
        parent_span_id=told.parent_span_id.hex(),
        attributes=attributes(told.attributes),
        links=[otlp.Link(link.trace_id.hex(), link.span_id.hex()) for link in told.links],
        status=otlp.Status(told.status.code),
    )


def attributes(told: Iterable[KeyValue]) -> list[otlp.Attribute]:
    """Attributes."""
    return [otlp.Attribute(one.key, value(one.value)) for one in told]


def value(told: AnyValue) -> otlp.Value:
    """One attribute's value; bytes and deeper structures are told by their kind only."""
    kind = told.WhichOneof("value")
    if kind in _PLAIN:
        return otlp.Value(**{kind: getattr(told, kind)})
    if kind == "array_value":
        return otlp.Value(array_value=otlp.Values([value(one) for one in told.array_value.values]))
    return otlp.Value(string_value=kind)


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
