"""The text says what the SDK's own encoder says, to whoever reads it."""

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from services import span_encoding
from services.tracing import Context
from veigo.telemetry import otlp, otlp_protobuf

RESOURCE = Resource({"service.name": "chat", "service.instance.id": "chat-2", "process.pid": 7})
IDS = st.integers(1, 2**64 - 1)
VALUES = st.one_of(
    st.text(max_size=300),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)


@st.composite
def spans(draw):
    trace_id = draw(st.integers(1, 2**128 - 1))
    return {
        "name": draw(st.text(max_size=200)),
        "kind": draw(st.sampled_from(SpanKind)),
        "context": Context(trace_id, draw(IDS), sampled=True),
        "parent": Context(trace_id, draw(IDS), sampled=True) if draw(st.booleans()) else None,
        "began_ns": draw(st.integers(1, 2**63)),
        "ended_ns": draw(st.integers(1, 2**63)),
        "attributes": draw(st.dictionaries(st.text(min_size=1, max_size=40), VALUES, max_size=6)),
        "ok": draw(st.booleans()),
        "links": (Context(trace_id, draw(IDS), sampled=True),) if draw(st.booleans()) else (),
    }


def in_sdk(context):
    return SpanContext(context.trace_id, context.span_id, False, TraceFlags(1))


def of_the_sdk(told):
    return ReadableSpan(
        name=told["name"],
        context=in_sdk(told["context"]),
        parent=None if told["parent"] is None else in_sdk(told["parent"]),
        resource=RESOURCE,
        attributes=told["attributes"],
        links=[Link(in_sdk(link)) for link in told["links"]],
        kind=told["kind"],
        status=Status(StatusCode.UNSET if told["ok"] else StatusCode.ERROR),
        start_time=told["began_ns"],
        end_time=told["ended_ns"],
    )


def request(told):
    inside = b"".join(span_encoding.span(**one) for one in told)
    return span_encoding.before(RESOURCE) + inside.rstrip(b",") + span_encoding.AFTER


@given(st.lists(spans(), min_size=1, max_size=4))
def test_a_request_is_the_sdks(told):
    """Read back by protobuf's own reader of JSON, field by field."""
    ours = ExportTraceServiceRequest.FromString(otlp_protobuf.protobuf_of(request(told)))

    assert encode_spans([of_the_sdk(one) for one in told]) == ours


@given(st.lists(spans(), min_size=1, max_size=4))
def test_the_collector_reads_both_alike(told):
    """Ours in JSON, and the SDK's in protobuf: the same rows."""
    ours = otlp.rows(otlp.request(request(told)))
    sdks = otlp.rows(otlp_protobuf.request(encode_spans([of_the_sdk(one) for one in told]).SerializeToString()))

    assert sdks == ours
