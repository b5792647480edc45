"""Spans are connected, cost nothing when nobody wants them, and a message's hops are the same whoever tells them."""

import json
import mmap
from dataclasses import dataclass
from types import SimpleNamespace

import grpc
import msgspec
import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

from services import captured, rpc_tracing, tracing
from services.captured import ROOM_EVENTS, Reader
from services.outbox import SIZE, Begun, requests_in
from services.realtime.way import Way
from veigo.telemetry.otlp import Told, plain

WRITTEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Exported:
    """In place of what sends: the spans that would be sent, as their receiver reads them."""

    def __init__(self, sampler=ALWAYS_ON):
        self.spans = []
        self.resource = Resource({"service.instance.id": "realtime-2"})
        self.sampler = sampler
        self.memory = mmap.mmap(-1, SIZE)
        self.begun = Begun(self.memory, b"")

    def put(self, span):
        told = msgspec.json.decode(span.rstrip(b","), type=Told, strict=False)
        self.spans.append(
            SimpleNamespace(
                name=told.name,
                span_id=told.span_id,
                parent_id=told.parent_span_id,
                attributes=plain(told.attributes),
                ok=told.status.code == 0,
                times=(told.start_time_unix_nano, told.end_time_unix_nano),
            )
        )

    def named(self, name):
        (span,) = [span for span in self.spans if span.name == name]
        return span


@pytest.fixture
def exported(monkeypatch):
    sending = Exported()
    monkeypatch.setattr(tracing, "_sending", sending)
    return sending


@dataclass
class Record:
    """A Kafka record of a message."""

    value: bytes | None
    topic: str = ROOM_EVENTS
    partition: int = 3
    offset: int = 41
    timestamp: int = 1_700_000_000_012  # ms


def record(sequence=7, traceparent=WRITTEN, event="message.created", **more):
    payload = json.dumps({"id": "m1", "senderId": "bob", "content": "secret words"})
    row = {"room_id": "r1", "sequence": sequence, "type": event, "payload": payload, "traceparent": traceparent}
    source = {"ts_us": 1_700_000_000_001_500, "lsn": 99}
    return Record(
        json.dumps({"op": "c", "source": source, "ts_us": 1_700_000_000_009_000, "after": row}).encode(), **more
    )


def test_a_context_is_read_and_written_as_w3c_has_it():
    """What comes in goes out the same."""
    assert WRITTEN == str(tracing.context_in(WRITTEN))


@pytest.mark.parametrize(
    "header", [None, "", "nonsense", WRITTEN.upper(), "ff" + WRITTEN[2:], "00-" + "0" * 32 + WRITTEN[35:]]
)
def test_what_is_no_context_is_none(header):
    """A trace begins anew instead."""
    assert tracing.context_in(header) is None


def test_spans_within_one_another_are_connected(exported):
    """The span under way is the parent, and its message's id goes on."""
    with tracing.span("outer", tracing.SERVER, parent=tracing.context_in(WRITTEN)):
        tracing.note({tracing.MESSAGE_ID: "m1"})
        with tracing.span("inner", tracing.CLIENT, {"a": 1}):
            inside = tracing.traceparent()
    outer, inner = exported.named("outer"), exported.named("inner")

    assert outer.span_id == inner.parent_id
    assert "b7ad6b7169203331" == outer.parent_id
    assert {"a": 1, tracing.MESSAGE_ID: "m1"} == inner.attributes
    assert inner.span_id in inside
    assert tracing.current() is None


def test_an_exception_makes_a_span_a_failed_one_and_its_words_stay_out(exported):
    """What an exception says may hold what somebody wrote."""
    with pytest.raises(ValueError, match="secret"), tracing.span("x", tracing.CLIENT):
        raise ValueError("secret")

    assert not exported.named("x").ok
    assert {"error.type": "ValueError"} == exported.named("x").attributes


def test_a_trace_nobody_wants_is_not_told(exported):
    """Neither one that the sampler leaves out, nor one whose caller left it out."""
    exported.sampler = ALWAYS_OFF
    with tracing.span("root", tracing.SERVER), tracing.span("inner", tracing.CLIENT):
        pass
    with tracing.span("root", tracing.SERVER, parent=tracing.context_in(WRITTEN[:-1] + "0")):
        pass

    assert [] == exported.spans


def test_nothing_is_told_without_an_endpoint(monkeypatch):
    """A service that is started by hand needs no collector."""
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    tracing.configure()

    assert not tracing.enabled()


def test_tracing_can_be_switched_off(monkeypatch):
    """By OpenTelemetry's own variable."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    tracing.configure()

    assert not tracing.enabled()


def test_the_hops_before_a_reader_are_told_from_its_record(exported):
    """Commit, capture and append have their true times, in a chain under the span that wrote the row."""
    read = Reader(tells_capture=True).read(record(), received_ns=0)
    capture, produce = exported.named("cdc capture"), exported.named("kafka produce")

    assert (1_700_000_000_001_500_000, 1_700_000_000_009_000_000) == capture.times
    assert (1_700_000_000_009_000_000, 1_700_000_000_012_000_000) == produce.times
    assert "b7ad6b7169203331" == capture.parent_id
    assert capture.span_id == produce.parent_id
    assert produce.span_id == f"{read.produced.span_id:016x}"
    assert ("3", 41, 99) == (
        produce.attributes["messaging.destination.partition.id"],
        produce.attributes["messaging.kafka.offset"],
        capture.attributes["veigo.postgresql.lsn"],
    )
    assert "secret" not in str(exported.spans)


def test_two_readers_tell_the_same_spans(exported):
    """Whoever reads it, and however often the connector repeats it: the ids are the message's and the hop's."""
    Reader(tells_capture=True).read(record(), 0)
    first = {span.span_id for span in exported.spans}
    Reader(tells_capture=True).read(record(offset=77), 0)

    assert first == {span.span_id for span in exported.spans}


def test_one_reader_tells_the_hops_for_all(exported):
    """Another knows of the same spans, and hangs its own below them."""
    first = Reader(tells_capture=True).read(record(), 0)
    told = len(exported.spans)
    other = Reader(tells_capture=False).read(record(), 0)

    assert first.produced == other.produced
    assert told == len(exported.spans)


def test_what_comes_again_is_one_marked_span(exported):
    """A redelivery moves nothing that was told."""
    reader = Reader(tells_capture=True)
    reader.read(record(), 0)
    before = len(exported.spans)
    again = reader.read(record(offset=42), 5)

    assert again.replayed
    assert before + 1 == len(exported.spans)
    assert exported.named("redelivered").attributes["veigo.replayed"]


@pytest.mark.parametrize(
    "untold",
    [
        record(traceparent=None),
        record(traceparent=WRITTEN[:-1] + "0"),
        record(event="member.added"),
        record(topic="chat.public.profiles"),
        Record(None),
        Record(b"\xff{"),
    ],
)
def test_a_record_that_is_no_traced_message_tells_nothing(exported, untold):
    """And disturbs nobody."""
    assert Reader(tells_capture=True).read(untold, 0) is None
    assert [] == exported.spans


def test_a_message_is_noted_while_it_is_handed_out(exported, tmp_path):
    """Whoever dies then has told how long it waited, and that its fan-out began; afterwards nothing is left to tell."""
    with Way().of(record()):
        waited = exported.named("kafka dwell")
        (noted,) = left_by(exported, tmp_path)

    assert ("fan-out", waited.span_id, 2) == (noted.name, noted.parent_span_id, noted.status.code)
    assert {tracing.UNFINISHED: True, tracing.MESSAGE_ID: "m1"}.items() <= plain(noted.attributes).items()
    assert noted.span_id == exported.named("fan-out").span_id
    assert [] == left_by(exported, tmp_path)


def left_by(exported, folder):
    """The spans that a process would leave which died now, as their receiver reads them."""
    file = folder / "1-1.outbox"
    file.write_bytes(exported.memory[:])
    requests = [b"[" + each for each in requests_in(file, b"]")]
    return [one for request in requests for one in msgspec.json.decode(request, type=list[Told], strict=False)]


def test_the_memory_of_rooms_is_bounded(exported, monkeypatch):
    """The room that was quiet for longest is forgotten."""
    monkeypatch.setattr(captured, "ROOMS_MAX", 0)
    reader = Reader(tells_capture=True)
    reader.read(record(), 0)

    assert not reader.read(record(), 0).replayed


@pytest.mark.parametrize(("code", "expected"), [(None, 0), (5, 5), (grpc.StatusCode.NOT_FOUND, 5)])
def test_a_status_is_told_by_its_number(code, expected):
    """However gRPC hands it to us."""
    assert expected == rpc_tracing.number_of(code)
