"""OTLP in its JSON encoding: what others send who speak it, and what another backend gets of our services' spans."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from spans.packed import Report, UnreadableError
from spans.told import Told, TracePart
from veigo.telemetry.told import Telling, node_of

FAILED = 2  # STATUS_CODE_ERROR


class Value(msgspec.Struct, rename="camel", gc=False, omit_defaults=True):
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


class Span(msgspec.Struct, rename="camel", gc=False, omit_defaults=True):
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

    spans: list[Span] = []


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


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Request, strict=False).decode  # not strict: JSON's OTLP writes whole numbers as text


def tellings(body: bytes) -> list[Telling]:
    """What is in a body.

    Raises:
        UnreadableError: it is no OTLP trace request.
    """
    try:
        request = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableError(f"the body is no OTLP trace request: {error}") from None
    return [
        (
            plain(one.resource.attributes) if one.resource else {},
            [part_of(span) for scope in one.scope_spans for span in scope.spans],
        )
        for one in request.resource_spans
    ]


def part_of(span: Span) -> TracePart:
    """One span."""
    told = Told(
        span.name,
        span.kind,
        span.span_id,
        span.parent_span_id or None,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.status is None or span.status.code != FAILED,
        plain(span.attributes),
        tuple((link.trace_id, link.span_id) for link in span.links),
    )
    return TracePart(span.trace_id, {}, [told])


def plain(attributes: Iterable[Attribute]) -> dict[str, Any]:
    """Attributes as a plain mapping."""
    return {one.key: plain_value(one.value) for one in attributes}


def plain_value(value: Value) -> object:
    """One attribute's value; bytes and deeper structures are told by their kind only."""
    if value.array_value is not None:
        return [plain_value(one) for one in value.array_value.values]
    plain = (value.string_value, value.int_value, value.bool_value, value.double_value)
    return next((one for one in plain if one is not None), None)


def body_of(tellings: Iterable[Telling]) -> bytes:
    """A body that says this."""
    return _encode(Request([_resource_spans(resource, told) for resource, told in tellings]))


def _resource_spans(resource: Mapping[str, Any], told: Iterable[Report]) -> ResourceSpans:
    node = node_of(resource)
    spans = [span for one in told for span in spans_of(one.part(node))]
    return ResourceSpans(Resource(attributes_of(resource)), [ScopeSpans(spans)])


def spans_of(part: TracePart) -> list[Span]:
    """The spans in a part."""
    return [
        Span(
            part.trace_id,
            told.span_id,
            told.name,
            told.began_ns,
            told.ended_ns,
            told.kind,
            told.parent_id or "",
            attributes_of({**part.attributes, **told.attributes}),
            [Link(trace_id, span_id) for trace_id, span_id in told.links],
            Status() if told.ok else Status(FAILED),
        )
        for told in part.spans
    ]


def attributes_of(plain: Mapping[str, Any]) -> list[Attribute]:
    """Attributes as OTLP has them."""
    return [Attribute(name, value_of(value)) for name, value in plain.items()]


def value_of(plain: object) -> Value:
    """One attribute's value."""
    match plain:
        case bool():  # before int, which it is too
            return Value(bool_value=plain)
        case int():
            return Value(int_value=plain)
        case float():
            return Value(double_value=plain)
        case list():
            return Value(array_value=Values([value_of(one) for one in plain]))
        case _:
            return Value(string_value=str(plain))
