"""The bytes say what the SDK's own encoder says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from services import span_encoding

RESOURCE = Resource({"service.name": "chat", "service.instance.id": "chat-2"})
IDS = st.integers(1, 2**64 - 1)
VALUES = st.one_of(st.text(max_size=300), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False))


def context(trace_id, span_id):
    return SpanContext(trace_id, span_id, False, TraceFlags(1))


@st.composite
def spans(draw):
    trace_id = draw(st.integers(1, 2**128 - 1))
    return ReadableSpan(
        name=draw(st.text(max_size=200)),
        context=context(trace_id, draw(IDS)),
        parent=context(trace_id, draw(IDS)) if draw(st.booleans()) else None,
        resource=RESOURCE,
        attributes=draw(st.dictionaries(st.text(min_size=1, max_size=40), VALUES, max_size=6)),
        links=[Link(context(trace_id, draw(IDS)))] if draw(st.booleans()) else [],
        kind=draw(st.sampled_from(SpanKind)),
        status=Status(draw(st.sampled_from([StatusCode.UNSET, StatusCode.ERROR]))),
        start_time=draw(st.integers(1, 2**63)),
        end_time=draw(st.integers(1, 2**63)),
    )


@given(st.lists(spans(), min_size=1, max_size=4))
def test_a_request_is_the_sdks(told):
    """Read back, field by field."""
    ours = ExportTraceServiceRequest.FromString(span_encoding.request(told))

    assert encode_spans(told) == ours


@pytest.mark.parametrize(
    ("number", "expected"), [(0, b"\0"), (127, b"\x7f"), (300, b"\xac\x02"), (-1, b"\xff" * 9 + b"\x01")]
)
def test_numbers_are_spelled_as_protobuf_has_them(number, expected):
    """Seven bits a byte, the lowest first."""
    assert expected == span_encoding.varint(number)
