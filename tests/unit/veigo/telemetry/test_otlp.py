"""What comes in by OTLP, as rows."""

import json

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Told
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from veigo.telemetry import otlp, otlp_protobuf
from veigo.telemetry.rows import MessagePart, Span
from veigo.telemetry.seen import Seen


def rows(told):
    """The rows of a request that came in protobuf."""
    return otlp.rows(otlp_protobuf.request(told.SerializeToString()))


TRACE, SPAN, PARENT = bytes(range(16)), bytes(range(8)), bytes(range(8, 16))


def request(name="cdc capture", node="realtime-2", **attributes):
    """One span as an exporter sends it."""
    told = ExportTraceServiceRequest()
    of = told.resource_spans.add()
    of.resource.attributes.add(key="service.name").value.string_value = "realtime"
    if node:
        of.resource.attributes.add(key="service.instance.id").value.string_value = node
    span = of.scope_spans.add().spans.add(
        trace_id=TRACE, span_id=SPAN, parent_span_id=PARENT, name=name, kind=Told.SpanKind.SPAN_KIND_CONSUMER
    )
    span.start_time_unix_nano, span.end_time_unix_nano = 1_000_000, 2_500_999
    for key, value in attributes.items():
        field = {str: "string_value", bool: "bool_value", int: "int_value"}[type(value)]
        setattr(span.attributes.add(key=key.replace("__", ".")).value, field, value)
    return told


def test_a_span_is_a_row():
    """Ids are hexadecimal, times microseconds, and the node is the instance."""
    batch = rows(request(x=1))

    expected = Span(
        TRACE.hex(),
        SPAN.hex(),
        PARENT.hex(),
        "realtime-2",
        "cdc capture",
        "CONSUMER",
        1000,
        2500,
        True,
        None,
        '{"x":1}',
    )
    assert [expected] == batch.spans
    assert [] == batch.messages


def test_a_span_without_instance_is_its_services():
    """A service started by hand has only a name."""
    batch = rows(request(node=""))

    assert "realtime" == batch.spans[0].node


def test_a_span_of_a_message_tells_a_part_of_it():
    """Times by the span's name, the rest by its attributes; a partition may come as text."""
    told = request(
        veigo__message__id="m1",
        messaging__destination__partition__id="3",
        messaging__kafka__offset=9,
        veigo__policy="p",
    )

    (part,) = rows(told).messages

    expected = MessagePart(
        "m1", trace_id=TRACE.hex(), committed_us=1000, captured_us=2500, partition=3, offset=9, policy="p"
    )
    assert expected == part


def test_a_replay_only_counts():
    """What came again moves no time of the first delivery."""
    told = request("fan-out", veigo__message__id="m1", veigo__replayed=True, veigo__recipients=4)

    assert [MessagePart("m1", trace_id=TRACE.hex(), replays=1)] == rows(told).messages


def test_a_send_that_failed_was_not_acknowledged():
    """The client's span ends with an error: it was sent, and nobody said that it is stored."""
    told = request("CreateMessage", veigo__message__id="m1")
    told.resource_spans[0].scope_spans[0].spans[0].status.code = Status.STATUS_CODE_ERROR
    batch = rows(told)

    assert [MessagePart("m1", trace_id=TRACE.hex(), sent_us=1000)] == batch.messages
    assert not batch.spans[0].ok


def test_no_attribute_fills_the_store():
    """A value is cut to a bound."""
    batch = rows(request(x="a" * 10_000))

    assert {"x": "a" * otlp.VALUE_CHARACTERS_MAX} == json.loads(batch.spans[0].attributes)


def test_what_is_no_otlp_is_refused():
    """With a sentence, and nothing taken."""
    for read in (otlp.request, otlp_protobuf.request):
        with pytest.raises(otlp.UnreadableError, match="no OTLP trace request"):
            read(b"\xff\xff\xff")


def test_what_came_before_is_passed_over():
    """Neither its span nor its part of the message counts twice: recipients are a sum."""
    told = otlp_protobuf.request(request("fan-out", veigo__message__id="m1", veigo__recipients=4).SerializeToString())
    seen = Seen()
    first, again = otlp.rows(told, seen.is_new), otlp.rows(told, seen.is_new)

    assert (1, 1, 0) == (len(first.spans), len(first.messages), len(again))
    assert 1 == seen.again


def test_the_memory_of_spans_is_bounded():
    """The generation before the last is forgotten."""
    told = [otlp.Told(str(number), "1", "x", 0, 0) for number in range(5)]
    seen = Seen(generation=2)

    assert all(seen.is_new(one) for one in told)
    assert not seen.is_new(told[2])
    assert seen.is_new(told[1])
