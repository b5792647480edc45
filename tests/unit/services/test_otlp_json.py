"""The text says what the SDK's own encoder says, to whoever reads it."""

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from services import finished_spans, otlp_json
from services.packed_spans import framed, packed, packed_teller
from services.trace_context import Context
from veigo.telemetry import otlp, otlp_protobuf
from veigo.telemetry import packed as packed_body
from veigo.telemetry.forwarding import Body, in_otlp
from veigo.telemetry.span_rows import rows

RESOURCE = Resource({"service.name": "chat", "service.instance.id": "chat-2", "process.pid": 7})
IDS = st.integers(1, 2**64 - 1).map("{:016x}".format)
TRACE_IDS = st.integers(1, 2**128 - 1).map("{:032x}".format)
KINDS = {
    finished_spans.INTERNAL: SpanKind.INTERNAL,
    finished_spans.SERVER: SpanKind.SERVER,
    finished_spans.CLIENT: SpanKind.CLIENT,
    finished_spans.PRODUCER: SpanKind.PRODUCER,
    finished_spans.CONSUMER: SpanKind.CONSUMER,
}
VALUES = st.one_of(
    st.text(max_size=300),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)


@st.composite
def spans(draw):
    trace_id = draw(TRACE_IDS)
    return {
        "name": draw(st.text(max_size=200)),
        "kind": draw(st.sampled_from(sorted(KINDS))),
        "context": Context(trace_id, draw(IDS), sampled=True),
        "parent_id": draw(st.none() | IDS),
        "began_ns": draw(st.integers(1, 2**62)),
        "ended_ns": draw(st.integers(2**62, 2**63)),
        "attributes": draw(st.dictionaries(st.text(min_size=1, max_size=40), VALUES, max_size=6)),
        "ok": draw(st.booleans()),
        "links": (Context(trace_id, draw(IDS), sampled=True),) if draw(st.booleans()) else (),
    }


def in_sdk(trace_id, span_id):
    return SpanContext(int(trace_id, 16), int(span_id, 16), False, TraceFlags(1))


def of_the_sdk(told):
    context, parent_id = told["context"], told["parent_id"]
    return ReadableSpan(
        name=told["name"],
        context=in_sdk(context.trace_id, context.span_id),
        parent=None if parent_id is None else in_sdk(context.trace_id, parent_id),
        resource=RESOURCE,
        attributes=told["attributes"],
        links=[Link(in_sdk(link.trace_id, link.span_id)) for link in told["links"]],
        kind=KINDS[told["kind"]],
        status=Status(StatusCode.UNSET if told["ok"] else StatusCode.ERROR),
        start_time=told["began_ns"],
        end_time=told["ended_ns"],
    )


def body(told):
    """Told together, as it is sent to our own collector."""
    return framed(packed_teller(RESOURCE)) + framed(packed([finished_spans.finished(**one) for one in told]))


@given(st.lists(spans(), min_size=1, max_size=4))
def test_a_request_is_the_sdks(told):
    """Read back by protobuf's own reader of JSON, field by field."""
    ours = ExportTraceServiceRequest.FromString(otlp_protobuf.protobuf_of(otlp_json.request(body(told))))

    assert encode_spans([of_the_sdk(one) for one in told]) == ours


@given(st.lists(spans(), min_size=1, max_size=4))
def test_the_collector_reads_all_alike(told):
    """Packed, in JSON, and the SDK's in protobuf: the same rows."""
    sdks = encode_spans([of_the_sdk(one) for one in told]).SerializeToString()
    read = [
        otlp_protobuf.tellings(sdks),
        otlp.tellings(otlp_json.request(body(told))),
        packed_body.tellings(body(told)),
    ]
    protobuf, json, packed = map(rows, read)

    assert protobuf == json == packed


@given(st.lists(spans(), min_size=1, max_size=4))
def test_another_backend_is_handed_the_same(told):
    """What the collector makes of packed spans for it."""
    handed_on = in_otlp(Body("/v1/traces", packed_body.CONTENT_TYPE, body(told)), takes_json=False)
    sent = ExportTraceServiceRequest.FromString(otlp_protobuf.protobuf_of(otlp_json.request(body(told))))

    assert rows(otlp_protobuf.tellings(sent.SerializeToString())) == rows(otlp_protobuf.tellings(handed_on.content))
    assert (
        sent.resource_spans[0].resource
        == ExportTraceServiceRequest.FromString(handed_on.content).resource_spans[0].resource
    )
