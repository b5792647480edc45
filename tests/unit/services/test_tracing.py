"""Spans are connected, cost nothing when nobody wants them, and a message's hops are the same whoever tells them."""

import contextvars
import json
from dataclasses import dataclass
from types import SimpleNamespace

import grpc
import msgspec
import pytest

from services import captured, finished_spans, rpc_tracing, tracing
from services.aggregator.way import Way as AggregatorWay
from services.captured import ROOM_EVENTS, Reader, projected_in
from services.outbox import Outbox
from services.realtime import records
from services.realtime.way import Way, handed
from services.trace_context import context_in
from spans.packed import Teller, framed, packed, unpacked
from spans.told import CLIENT, MESSAGE_ID, SERVER

WRITTEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


TELLER = Teller({"service.instance.id": "realtime-2"})


class Exported:
    """In place of what sends: the spans that would be sent."""

    def __init__(self, folder):
        self.spans = []
        self.node = "realtime-2"
        self.samples = lambda *_: True
        self.outbox = Outbox.open(folder, packed(TELLER), 100)
        self.begun = self.outbox.begun
        self.thread = SimpleNamespace(waiting=self.outbox)

    def put(self, told, count):
        teller, parts = unpacked(framed(packed(TELLER)) + framed(told))
        spans = [
            msgspec.structs.replace(span, attributes={**part.attributes, **span.attributes})
            for part in (one.part(teller.node) for one in parts)
            for span in part.spans
        ]
        assert count == len(spans)
        self.spans += spans

    def named(self, name):
        (span,) = [span for span in self.spans if span.name == name]
        return span


@pytest.fixture
def exported(monkeypatch, tmp_path):
    sending = Exported(tmp_path)
    monkeypatch.setattr(finished_spans, "_sending", sending)
    yield sending
    sending.outbox.close()


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
    row = {
        "room_id": "r1",
        "sequence": sequence,
        "type": event,
        "payload": payload,
        "created_at": "2026-11-26T10:00:00Z",
    }
    row["traceparent"] = traceparent
    source = {"ts_us": 1_700_000_000_001_500, "lsn": 99}
    return Record(
        json.dumps({"op": "c", "source": source, "ts_us": 1_700_000_000_009_000, "after": row}).encode(), **more
    )


def test_a_context_is_read_and_written_as_w3c_has_it():
    """What comes in goes out the same."""
    assert WRITTEN == str(context_in(WRITTEN))


@pytest.mark.parametrize(
    "header", [None, "", "nonsense", WRITTEN.upper(), "ff" + WRITTEN[2:], "00-" + "0" * 32 + WRITTEN[35:]]
)
def test_what_is_no_context_is_none(header):
    """A trace begins anew instead."""
    assert context_in(header) is None


def test_spans_within_one_another_are_connected(exported):
    """The span under way is the parent, and its message's id goes on."""
    with tracing.span("outer", SERVER, parent=context_in(WRITTEN)):
        tracing.note({MESSAGE_ID: "m1"})
        with tracing.span("inner", CLIENT, {"a": 1}):
            inside = tracing.traceparent()
    outer, inner = exported.named("outer"), exported.named("inner")

    assert outer.span_id == inner.parent_id
    assert "b7ad6b7169203331" == outer.parent_id
    assert {"a": 1, MESSAGE_ID: "m1"} == inner.attributes
    assert inner.span_id in inside
    assert tracing.current() is None


def test_an_exception_makes_a_span_a_failed_one_and_its_words_stay_out(exported):
    """What an exception says may hold what somebody wrote."""
    with pytest.raises(ValueError, match="secret"), tracing.span("x", CLIENT):
        raise ValueError("secret")

    assert not exported.named("x").ok
    assert {"error.type": "ValueError"} == exported.named("x").attributes


@pytest.mark.parametrize("value", [2**64, "\ud800", object()])
def test_what_cannot_be_told_is_dropped_and_nothing_fails(exported, value):
    """Whoever is traced must not feel it."""
    with tracing.span("x", CLIENT, {"a": value}, noted=True):
        pass

    assert ([], 1) == (exported.spans, finished_spans.dropped())


def test_what_is_within_a_span_is_told_with_it(exported):
    """Not one by one; what begins in it and outlasts it is told when it ends."""
    with tracing.span("around", SERVER):
        with tracing.span("within", CLIENT):
            pass
        task, late = contextvars.copy_context(), tracing.span("late", CLIENT)
        task.run(late.__enter__)
        before = len(exported.spans)
    together = [span.name for span in exported.spans]
    task.run(late.__exit__, None, None, None)

    assert (0, ["within", "around"]) == (before, together)
    assert exported.named("around").span_id == exported.named("late").parent_id


def test_of_very_many_within_a_span_not_all_wait_for_it(exported):
    """A span without end keeps nothing for ever."""
    with tracing.span("around", SERVER):
        for _ in range(tracing.TOGETHER_MAX + 1):
            with tracing.span("within", CLIENT):
                pass
        told = len(exported.spans)

    assert tracing.TOGETHER_MAX == told


def test_a_trace_nobody_wants_is_not_told(exported):
    """Neither one that the sampler leaves out, nor one whose caller left it out."""
    exported.samples = lambda *_: False
    with tracing.span("root", SERVER), tracing.span("inner", CLIENT):
        pass
    with tracing.span("root", SERVER, parent=context_in(WRITTEN[:-1] + "0")):
        pass

    assert [] == exported.spans


def test_nothing_is_told_without_an_endpoint(monkeypatch):
    """A service that is started by hand needs no collector."""
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    finished_spans.configure()

    assert not finished_spans.enabled()


def test_tracing_can_be_switched_off(monkeypatch):
    """By OpenTelemetry's own variable."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    finished_spans.configure()

    assert not finished_spans.enabled()


def test_the_aggregator_tells_the_hops_for_all_readers(exported):
    """Those up to the broker and its own below them, when it has done with a batch; true times, and no words."""
    way = AggregatorWay()
    way.read([record(), record(sequence=8, event="member.added")])
    with way.step("mongo write"):
        pass
    before = len(exported.spans)
    way.applied()
    capture, produce = exported.named("cdc capture"), exported.named("kafka produce")
    project, write = exported.named("project"), exported.named("mongo write")

    assert 0 == before
    assert (1_700_000_000_001_500_000, 1_700_000_000_009_000_000) == (capture.began_ns, capture.ended_ns)
    assert (1_700_000_000_009_000_000, 1_700_000_000_012_000_000) == (produce.began_ns, produce.ended_ns)
    above = ["b7ad6b7169203331", capture.span_id, produce.span_id, project.span_id]
    assert above == [span.parent_id for span in (capture, produce, project, write)]
    assert {"veigo.batch.messages": 1, MESSAGE_ID: "m1"} == write.attributes
    assert ("3", 41, 99) == (
        produce.attributes["messaging.destination.partition.id"],
        produce.attributes["messaging.kafka.offset"],
        capture.attributes["veigo.postgresql.lsn"],
    )
    assert "secret" not in str(exported.spans)


@pytest.mark.parametrize("reader", ["aggregator", "realtime"])
def test_what_comes_again_is_one_marked_span(exported, reader):
    """A redelivery moves nothing that was told."""
    again = record(offset=42)
    if reader == "aggregator":
        way = AggregatorWay()
        way.read([record(), again])
    else:
        way = Way()
        for one in (record(), again):
            with way.of(one, records.room_event(one.value)):
                pass

    assert exported.named("redelivered").attributes["veigo.replayed"]
    assert exported.named("redelivered").parent_id == "b7ad6b7169203331"
    assert reader != "realtime" or 1 == len([span for span in exported.spans if span.name == "fan-out"])


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
    assert projected_in(untold, 0) is None
    assert [] == exported.spans


@pytest.mark.parametrize(
    "untold", [record(traceparent=None), record(traceparent=WRITTEN[:-1] + "0"), record(event="member.added")]
)
def test_an_event_that_is_no_traced_message_is_handed_out_untold(exported, untold):
    """And so is one whose payload nobody can read: whoever hands it out says so."""
    event = records.room_event(untold.value)
    for one in (event, msgspec.structs.replace(event, type="message.created", payload="{")):
        with Way().of(untold, one):
            pass

    assert [] == exported.spans


def test_a_message_is_told_when_it_was_handed_out(exported):
    """How long it waited, the handing out, and of some messages one recipient."""
    sampled = record(traceparent=WRITTEN.replace("319c-", "3198-"))
    way = Way()
    with way.of(sampled, records.room_event(sampled.value)):
        handed([SimpleNamespace(access=SimpleNamespace(account_id="bob"))] * 3)
        before = len(exported.spans)
    dwell, fan_out, deliver = (exported.named(name) for name in ("kafka dwell", "fan-out", "deliver"))

    assert 0 == before
    assert 1_700_000_000_012_000_000 == dwell.began_ns
    assert (3, "bob") == (fan_out.attributes["veigo.recipients"], deliver.attributes["veigo.recipient.id"])
    assert (dwell.span_id, fan_out.span_id) == (fan_out.parent_id, deliver.parent_id)
    assert dwell.ended_ns == fan_out.began_ns <= fan_out.ended_ns


def test_a_handing_out_that_fails_is_told_as_such(exported):
    """And the exception goes on to who skips the record."""
    with pytest.raises(ValueError, match="no"), Way().of(record(), records.room_event(record().value)):
        raise ValueError("no")

    assert not exported.named("fan-out").ok


def test_the_memory_of_rooms_is_bounded(monkeypatch):
    """The room that was quiet for longest is forgotten."""
    monkeypatch.setattr(captured, "ROOMS_MAX", 1)
    reader = Reader()

    assert [True, False, True, True] == [reader.is_new(room_id, 1) for room_id in ("r1", "r1", "r2", "r1")]


@pytest.mark.parametrize(("code", "expected"), [(None, 0), (5, 5), (grpc.StatusCode.NOT_FOUND, 5)])
def test_a_status_is_told_by_its_number(code, expected):
    """However gRPC hands it to us."""
    assert expected == rpc_tracing.number_of(code)
