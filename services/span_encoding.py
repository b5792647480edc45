"""Finished spans as the bytes of an OTLP request, in a fraction of the time that the SDK's encoder takes.

That encoder builds a protobuf object for every attribute and hashes the whole resource for every span; at a dozen spans
a message it was the dearest part of tracing. Here the bytes are put together at once. They say what the SDK's say,
which a test holds them to.
"""

from collections.abc import Sequence
from functools import lru_cache
from struct import Struct

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import StatusCode
from opentelemetry.util.types import AttributeValue

# What stands before a field: its number and wire type in opentelemetry/proto/trace/v1/trace.proto.
TRACE_ID, SPAN_ID, PARENT_ID, NAME, KIND = b"\x0a\x10", b"\x12\x08", b"\x22\x08", b"\x2a", b"\x30"
ATTRIBUTE, LINK, SCOPE_SPANS, SPAN, RESOURCE_SPANS = b"\x4a", b"\x6a", b"\x12", b"\x12", b"\x0a"
FINE, FAILED = b"\x7a\x00", b"\x7a\x02\x18\x02"  # status
FLAGS, LINK_FLAGS = b"\x85\x01\x00\x01\x00\x00", b"\x35\x00\x01\x00\x00"  # the parent is not known to be remote
TIMES = Struct("<cQcQ")  # start and end, each behind its tag
DOUBLE = Struct("<d")
KEYS_MAX = 500  # attribute names whose bytes are kept; ours are a few dozen


class LeanExporter(OTLPSpanExporter):
    """The SDK's exporter, with this encoding."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send finished spans, which are all of one resource."""
        sent = self._client.export(request(spans))
        return SpanExportResult.SUCCESS if sent.success else SpanExportResult.FAILURE


def request(spans: Sequence[ReadableSpan]) -> bytes:
    """The bytes of an `ExportTraceServiceRequest`."""
    # The resource and what else stands around spans, as the SDK has it: a request without spans would not have it.
    whole = encode_spans(spans[:1])
    del whole.resource_spans[0].scope_spans[0].spans[:]
    scope = whole.resource_spans[0].scope_spans[0].SerializeToString()
    del whole.resource_spans[0].scope_spans[:]
    around = whole.resource_spans[0].SerializeToString()
    inside = scope + b"".join(SPAN + _sized(span(one)) for one in spans)
    return RESOURCE_SPANS + _sized(around + SCOPE_SPANS + _sized(inside))


def span(told: ReadableSpan) -> bytes:
    """The bytes of one span."""
    context = told.get_span_context()
    assert context is not None
    parts = [TRACE_ID, context.trace_id.to_bytes(16, "big"), SPAN_ID, context.span_id.to_bytes(8, "big")]
    if told.parent is not None:
        parts += (PARENT_ID, told.parent.span_id.to_bytes(8, "big"))
    parts += (NAME, _sized(told.name.encode()), KIND, bytes((told.kind.value + 1,)))
    parts.append(TIMES.pack(b"\x39", told.start_time or 0, b"\x41", told.end_time or 0))
    for key, value in (told.attributes or {}).items():
        parts += (ATTRIBUTE, _sized(_key(key) + _value(value)))
    for link in told.links:
        ids = (TRACE_ID, link.context.trace_id.to_bytes(16, "big"), SPAN_ID, link.context.span_id.to_bytes(8, "big"))
        parts += (LINK, _sized(b"".join(ids) + LINK_FLAGS))
    parts += (FAILED if told.status.status_code is StatusCode.ERROR else FINE, FLAGS)
    return b"".join(parts)


@lru_cache(KEYS_MAX)
def _key(name: str) -> bytes:
    return b"\x0a" + _sized(name.encode())


def _value(value: AttributeValue) -> bytes:
    if isinstance(value, str):
        told = b"\x0a" + _sized(value.encode())
    elif isinstance(value, bool):  # before int, which it is too
        told = b"\x10\x01" if value else b"\x10\x00"
    elif isinstance(value, int):
        told = b"\x18" + varint(value)
    elif isinstance(value, float):
        told = b"\x21" + DOUBLE.pack(value)
    else:  # lists and the like: none of ours has any
        told = b"\x0a" + _sized(str(value).encode())
    return b"\x12" + _sized(told)


def _sized(content: bytes) -> bytes:
    return varint(len(content)) + content


def varint(number: int) -> bytes:
    """A number in protobuf's own spelling; negative ones in two's complement."""
    if 0 <= number < 128:
        return bytes((number,))
    number &= 0xFFFF_FFFF_FFFF_FFFF
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
