"""What comes in by OTLP, as rows."""

import json

import msgspec
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as InProtobuf
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from spans import packed
from spans.packed import UnreadableError
from spans.told import Told, TracePart
from veigo.telemetry import otlp, otlp_protobuf, span_rows
from veigo.telemetry.rows import Facts, MessagePart, Span
from veigo.telemetry.seen import Seen
from veigo.telemetry.span_intake import SpanIntake
from veigo.telemetry.told import VALUE_CHARACTERS_MAX, unpacked_tellings


def spans(told):
    """The rows of the spans in a request that came in protobuf."""
    return span_rows.rows(otlp_protobuf.tellings(told.SerializeToString()))


def parts(told):
    """What they tell of their messages."""
    return SpanIntake().take(otlp_protobuf.tellings(told.SerializeToString())).messages


TRACE, SPAN, PARENT = bytes(range(16)), bytes(range(8)), bytes(range(8, 16))


def request(name="cdc capture", node="realtime-2", **attributes):
    """One span as an exporter sends it."""
    told = ExportTraceServiceRequest()
    of = told.resource_spans.add()
    of.resource.attributes.add(key="service.name").value.string_value = "realtime"
    if node:
        of.resource.attributes.add(key="service.instance.id").value.string_value = node
    span = of.scope_spans.add().spans.add(
        trace_id=TRACE, span_id=SPAN, parent_span_id=PARENT, name=name, kind=InProtobuf.SpanKind.SPAN_KIND_CONSUMER
    )
    span.start_time_unix_nano, span.end_time_unix_nano = 1_000_000, 2_500_999
    for key, value in attributes.items():
        field = {str: "string_value", bool: "bool_value", int: "int_value"}[type(value)]
        setattr(span.attributes.add(key=key.replace("__", ".")).value, field, value)
    return told


def test_a_span_is_a_row():
    """Ids are hexadecimal, times microseconds, and the node is the instance."""
    told = request(x=1)

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
    assert [expected] == spans(told)
    assert [] == parts(told)


def test_a_span_without_instance_is_its_services():
    """A service started by hand has only a name."""
    (span,) = spans(request(node=""))

    assert "realtime" == span.node


def test_a_span_of_a_message_tells_a_part_of_it():
    """Times by the span's name, the rest by its attributes; a partition may come as text."""
    capture = request(veigo__message__id="m1", veigo__postgresql__lsn=7, veigo__policy="none of its business")
    produce = request(
        "kafka produce",
        veigo__message__id="m1",
        messaging__destination__partition__id="3",
        messaging__kafka__offset=9,
    )
    mine = Facts(trace_id=TRACE.hex(), committed_us=1000, captured_us=2500, lsn=7)

    assert [MessagePart("m1", mine)] == parts(capture)
    assert [MessagePart("m1", Facts(trace_id=TRACE.hex(), appended_us=2500, partition=3, offset=9))] == parts(produce)


def test_a_replay_only_counts():
    """What came again moves no time of the first delivery."""
    told = request("fan-out", veigo__message__id="m1", veigo__replayed=True, veigo__recipients=4)

    assert [MessagePart("m1", Facts(trace_id=TRACE.hex(), replays=1))] == parts(told)


def test_a_send_that_failed_was_not_acknowledged():
    """The client's span ends with an error: it was sent, and nobody said that it is stored."""
    told = request("CreateMessage", veigo__message__id="m1")
    told.resource_spans[0].scope_spans[0].spans[0].status.code = Status.STATUS_CODE_ERROR

    assert [MessagePart("m1", Facts(trace_id=TRACE.hex(), sent_us=1000))] == parts(told)
    assert not spans(told)[0].ok


def test_no_attribute_fills_the_store():
    """A value is cut to a bound."""
    (span,) = spans(request(x="a" * 10_000))
    (part,) = parts(request("POST opa send_message", veigo__message__id="m1", veigo__policy="a" * 10_000))

    assert {"x": "a" * VALUE_CHARACTERS_MAX} == json.loads(span.attributes)
    assert "a" * VALUE_CHARACTERS_MAX == part.facts["policy"]


def test_what_is_no_otlp_is_refused():
    """With a sentence, and nothing taken."""
    for read in (otlp.tellings, otlp_protobuf.tellings, unpacked_tellings):
        with pytest.raises(UnreadableError, match=r"no OTLP trace request|none of packed spans"):
            read(b"\xff\xff\xff\xff\xff")


def test_packed_spans_are_read_until_one_that_was_not_told_to_its_end():
    """A process was killed while it told that; what it had told before counts."""
    frames = [[{"service.instance.id": "chat-2"}, ""], [0, TRACE.hex(), {}, [["x", 1, SPAN.hex(), None, 1, 2]]]]
    packed_frames = [msgspec.msgpack.encode(frame) for frame in frames]
    whole = b"".join(len(frame).to_bytes(4, "little") + frame for frame in packed_frames)
    cut = len(packed_frames[1]).to_bytes(4, "little") + packed_frames[1][:-9]
    stale = b"\0\0\0\0" + whole

    read = [span_rows.rows(unpacked_tellings(whole + rest)) for rest in (b"", cut, stale)]

    assert [[("chat-2", "x")]] * 3 == [[(span.node, span.name) for span in rows] for rows in read]


def test_what_came_before_is_passed_over():
    """Neither its span nor its part of the message counts twice: recipients are a sum."""
    told = otlp_protobuf.tellings(request("fan-out", veigo__message__id="m1", veigo__recipients=4).SerializeToString())
    intake = SpanIntake()
    first, again = intake.take(told), intake.take(told)

    assert (1, 1, 0) == (first.spans_count, len(first.messages), len(again))
    assert 1 == intake.seen.again


def test_what_came_in_part_before_is_kept_in_part():
    """Of a packed body with one span that is new and one that is not, the new one."""
    once, twice = (TracePart("t", {}, [Told("x", 1, span_id, None, 0, 0)]) for span_id in ("s1", "s2"))
    intake = SpanIntake()
    intake.take([({}, [once])])
    body = packed.body_of({"service.name": "chat"}, [once, twice])
    (kept,) = intake.take(unpacked_tellings(body), body).packed

    assert [("chat", "s2")] == [(span.node, span.span_id) for span in span_rows.rows(unpacked_tellings(kept.body))]
    assert 1 == kept.spans


def test_the_memory_of_what_came_is_bounded():
    """The generation before the last is forgotten."""
    told = [TracePart(str(number), {}, [Told("x", 1, "1", None, 0, 0)]) for number in range(5)]
    seen = Seen(generation=2)

    assert told == seen.new("chat", told)
    assert [] == seen.new("chat", [told[2]])
    assert [told[1]] == seen.new("chat", [told[1]])
