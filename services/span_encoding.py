"""Finished spans as OTLP in its JSON encoding, put together at once: 4 µs a span, where the SDK's objects take 35.

A span is text from the moment it is told, because that is what can be left for somebody else to send (`outbox.py`), and
whoever receives JSON reads it in C. It says what the SDK's encoder says, which a test holds it to.
"""

from collections.abc import Mapping
from json.encoder import encode_basestring_ascii as quoted  # in C
from math import isfinite
from typing import TYPE_CHECKING

from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import SpanKind
from opentelemetry.util.types import AttributeValue

if TYPE_CHECKING:
    from services.tracing import Context

SHAPES_MAX = 500  # of spans, that are kept; ours are a few dozen
FLAGS = '"flags":256'  # it is not known whether the parent is remote
FINE, FAILED = "{}", '{"code":2}'  # status
AFTER = b"]}]}]}"


def before(resource: Resource) -> bytes:
    """What stands before the spans in a request: who tells them."""
    told = ",".join(_attribute(key, value) for key, value in resource.attributes.items())
    schema = f'"schemaUrl":{quoted(resource.schema_url)},' if resource.schema_url else ""
    opened = f'{{"resourceSpans":[{{"resource":{{"attributes":[{told}]}},{schema}"scopeSpans":['
    return f'{opened}{{"scope":{{}},"spans":['.encode()


def span(
    name: str,
    kind: SpanKind,
    context: "Context",
    parent: "Context | None",
    began_ns: int,
    ended_ns: int,
    attributes: Mapping[str, AttributeValue],
    *,
    ok: bool = True,
    links: "tuple[Context, ...]" = (),
) -> bytes:
    """One span and a comma.

    Spans of one kind differ in values alone, so what stands between them is put together once: filling in values is
    one step of C, where a call for each attribute took twice as long, and far longer when others had the caches.
    """
    values = attributes.values()
    shape = (name, kind._value_, ok, parent is None, not links, *attributes, *map(type, values))
    template = _templates.get(shape)
    if template is None:
        template = _keep(shape, _template(name, kind, attributes, ok=ok, child=parent is not None, linked=bool(links)))
    above = () if parent is None else (parent.span_id,)
    beside = (",".join(map(_link, links)),) if links else ()
    written = [quoted(value) if type(value) is str else _written(value) for value in values]
    filled = template % (context.trace_id, context.span_id, *above, began_ns, ended_ns, *written, *beside)
    return filled.encode("ascii")


_templates: dict[tuple[object, ...], str] = {}


def _keep(shape: tuple[object, ...], template: str) -> str:
    if len(_templates) >= SHAPES_MAX:
        _templates.clear()
    _templates[shape] = template
    return template


def _template(
    name: str, kind: SpanKind, attributes: Mapping[str, AttributeValue], *, ok: bool, child: bool, linked: bool
) -> str:
    """A span of this shape, with places for what differs."""
    told = ",".join(f'{{"key":{_fixed(key)},"value":{{{_place(value)}}}}}' for key, value in attributes.items())
    above = '"parentSpanId":"%016x",' if child else ""
    beside = '"links":[%s],' if linked else ""
    return (
        f'{{"traceId":"%032x","spanId":"%016x",{above}"name":{_fixed(name)},'
        f'"kind":{kind.value + 1},"startTimeUnixNano":"%d","endTimeUnixNano":"%d",'
        f'"attributes":[{told}],{beside}"status":{FINE if ok else FAILED},{FLAGS}}},'
    )


def _fixed(text: str) -> str:
    return quoted(text).replace("%", "%%")


def _place(value: AttributeValue) -> str:
    """Where a value of this type stands; `_written` is what is put there."""
    if isinstance(value, bool):  # before int, which it is too
        return '"boolValue":%s'
    if isinstance(value, int):
        return '"intValue":"%s"'
    if isinstance(value, float):
        return '"doubleValue":%s'
    return '"stringValue":%s'


def _written(value: AttributeValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if isfinite(value) else quoted(str(value))  # as protobuf has it: "inf", "nan"
    return quoted(str(value))  # lists: none of ours


def _attribute(key: str, value: AttributeValue) -> str:
    return f'{{"key":{quoted(key)},"value":{{{_place(value)}}}}}' % _written(value)


def _link(context: "Context") -> str:
    return f'{{"traceId":"{context.trace_id:032x}","spanId":"{context.span_id:016x}",{FLAGS}}}'
