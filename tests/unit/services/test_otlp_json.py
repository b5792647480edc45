"""The text says what the SDK's own encoder says, to whoever reads it."""

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from services import otlp_json
from spans.hops import FannedOut, Place, Projected
from spans.packed import CONTENT_TYPE, Teller, framed, packed
from spans.told import CLIENT, CONSUMER, INTERNAL, PRODUCER, SERVER, Told, TracePart
from veigo.telemetry import otlp, otlp_protobuf
from veigo.telemetry.forwarding import Body, in_otlp
from veigo.telemetry.span_rows import rows
from veigo.telemetry.told import unpacked_tellings

RESOURCE = Resource({"service.name": "chat", "service.instance.id": "chat-2", "process.pid": 7})
IDS = st.integers(1, 2**64 - 1).map("{:016x}".format)
TRACE_IDS = st.integers(1, 2**128 - 1).map("{:032x}".format)
KINDS = {
    INTERNAL: SpanKind.INTERNAL,
    SERVER: SpanKind.SERVER,
    CLIENT: SpanKind.CLIENT,
    PRODUCER: SpanKind.PRODUCER,
    CONSUMER: SpanKind.CONSUMER,
}
VALUES = st.one_of(
    st.text(max_size=300),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)


ATTRIBUTES = st.dictionaries(st.text(min_size=1, max_size=40), VALUES, max_size=6)
TELLER = Teller(dict(RESOURCE.attributes), RESOURCE.schema_url)


@st.composite
def parts(draw):
    trace_id = draw(TRACE_IDS)
    spans = st.builds(
        Told,
        name=st.text(max_size=200),
        kind=st.sampled_from(sorted(KINDS)),
        span_id=IDS,
        parent_id=st.none() | IDS,
        began_ns=st.integers(1, 2**62),
        ended_ns=st.integers(2**62, 2**63),
        ok=st.booleans(),
        attributes=ATTRIBUTES,
        links=st.sampled_from([(), ((trace_id, draw(IDS)),)]),
    )
    return TracePart(trace_id, draw(ATTRIBUTES), draw(st.lists(spans, min_size=1, max_size=3)))


def in_sdk(trace_id, span_id):
    return SpanContext(int(trace_id, 16), int(span_id, 16), False, TraceFlags(1))


def of_the_sdk(part, told):
    return ReadableSpan(
        name=told.name,
        context=in_sdk(part.trace_id, told.span_id),
        parent=None if told.parent_id is None else in_sdk(part.trace_id, told.parent_id),
        resource=RESOURCE,
        attributes={**part.attributes, **told.attributes},
        links=[Link(in_sdk(*link)) for link in told.links],
        kind=KINDS[told.kind],
        status=Status(StatusCode.UNSET if told.ok else StatusCode.ERROR),
        start_time=told.began_ns,
        end_time=told.ended_ns,
    )


def sdks(told):
    """What the SDK's own encoder makes of it."""
    return encode_spans([of_the_sdk(part, span) for part in told for span in part.spans])


def body(told):
    """As it is sent to our own collector."""
    return b"".join(map(framed, [packed(TELLER), *map(packed, told)]))


@given(st.lists(parts(), min_size=1, max_size=4))
def test_a_request_is_the_sdks(told):
    """Read back by protobuf's own reader of JSON, field by field."""
    ours = ExportTraceServiceRequest.FromString(otlp_protobuf.protobuf_of(otlp_json.request(body(told))))

    assert sdks(told) == ours


@given(st.lists(parts(), min_size=1, max_size=4))
def test_the_collector_reads_all_alike(told):
    """Packed, in JSON, and the SDK's in protobuf: the same rows."""
    read = [
        otlp_protobuf.tellings(sdks(told).SerializeToString()),
        otlp.tellings(otlp_json.request(body(told))),
        unpacked_tellings(body(told)),
    ]
    protobuf, json, packed = map(rows, read)

    assert protobuf == json == packed


@given(st.lists(parts(), min_size=1, max_size=4))
def test_another_backend_is_handed_the_same(told):
    """What the collector makes of packed spans for it."""
    handed_on = in_otlp(Body("/v1/traces", CONTENT_TYPE, body(told)), takes_json=False)
    sent = ExportTraceServiceRequest.FromString(otlp_protobuf.protobuf_of(otlp_json.request(body(told))))

    assert rows(otlp_protobuf.tellings(sent.SerializeToString())) == rows(otlp_protobuf.tellings(handed_on.content))
    assert (
        sent.resource_spans[0].resource
        == ExportTraceServiceRequest.FromString(handed_on.content).resource_spans[0].resource
    )


def test_what_readers_of_records_saw_is_spans_to_any_backend():
    """The same that our own collector makes of it."""
    place = Place("chat.public.room_events", 3, 41, 1_012)
    steps = [("mongo write", 1_014_000_000, 1_016_000_000)]
    trace_id, written_id = "1" * 32, "2" * 16
    told = [
        Projected(trace_id, written_id, "m1", "bob", "r1", 7, 99, 1_001_500, 1_009_000, place, 1_013_000_000, 0, steps),
        FannedOut(trace_id, "m1", place, 1_013_000_000, 1_014_000_000, 3, sampled=("bob", 1_013_500_000)),
    ]
    read = rows(otlp.tellings(otlp_json.request(body(told))))

    assert 7 == len(read)
    assert read == rows(unpacked_tellings(body(told)))
