"""Spans are connected, cost nothing when nobody wants them, and a message's hops are the same whoever tells them."""

import contextvars
import json
from dataclasses import dataclass
from types import SimpleNamespace

import grpc
import msgspec
import pytest
from opentelemetry.sdk.resources import Resource

from services import captured, finished_spans, packed_spans, rpc_tracing, tracing
from services.aggregator.way import Way as AggregatorWay
from services.captured import ROOM_EVENTS, Reader
from services.finished_spans import CLIENT, MESSAGE_ID, SERVER, UNFINISHED
from services.outbox import Outbox, bodies_in
from services.realtime.way import Way
from services.trace_context import context_in
from veigo.telemetry import packed
from veigo.telemetry.span_rows import rows

WRITTEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Exported:
    """In place of what sends: the spans that would be sent."""

    def __init__(self, folder):
        self.spans = []
        self.node = "realtime-2"
        self.samples = lambda *_: True
        self.outbox = Outbox.open(folder, packed_spans.packed_teller(Resource({})), 100)
        self.begun = self.outbox.begun
        self.thread = SimpleNamespace(waiting=self.outbox)

    def put(self, told, count):
        spans = msgspec.msgpack.decode(told, type=list[packed_spans.Packed])
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
    row = {"room_id": "r1", "sequence": sequence, "type": event, "payload": payload, "traceparent": traceparent}
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


def test_the_hops_before_a_reader_are_told_from_its_record(exported):
    """Commit, capture and append have their true times, in a chain under the span that wrote the row."""
    read = Reader().read(record(), received_ns=0)
    finished_spans.tell(read.hops_to_the_broker())
    capture, produce = exported.named("cdc capture"), exported.named("kafka produce")

    assert (1_700_000_000_001_500_000, 1_700_000_000_009_000_000) == (capture.began_ns, capture.ended_ns)
    assert (1_700_000_000_009_000_000, 1_700_000_000_012_000_000) == (produce.began_ns, produce.ended_ns)
    assert "b7ad6b7169203331" == capture.parent_id
    assert capture.span_id == produce.parent_id
    assert produce.span_id == read.produced.span_id
    assert ("3", 41, 99) == (
        produce.attributes["messaging.destination.partition.id"],
        produce.attributes["messaging.kafka.offset"],
        capture.attributes["veigo.postgresql.lsn"],
    )
    assert "secret" not in str(exported.spans)


def test_every_reader_knows_the_same_hops(exported):
    """Whoever reads it, and however often the connector repeats it: the ids are the message's and the hop's."""
    first, second = (Reader().read(record(offset=offset), 0) for offset in (41, 77))

    assert first.produced == second.produced
    assert first.hops.context("project") == second.hops.context("project")
    assert [one[3] for one in first.hops_to_the_broker()] == [one[3] for one in second.hops_to_the_broker()]


def test_no_two_hops_are_alike():
    """Neither of one message nor of two in the same trace."""
    written = context_in(WRITTEN)
    hops = [captured.Hops(written, message).context(hop) for message in ("m1", "m2") for hop in ("project", "dwell")]

    assert 4 == len({hop.span_id for hop in hops})


def test_the_aggregator_tells_the_hops_for_all_readers(exported):
    """Those up to the broker, and its own below them, when it has done with a batch; realtime does not tell them."""
    way = AggregatorWay()
    way.read([record(), record(sequence=8, event="member.added")])
    with way.step("mongo write"):
        pass
    before = len(exported.spans)
    way.applied()
    parents = {span.name: exported.named(name).span_id for span, name in of_the_side_path(exported)}

    assert 0 == before
    assert {span.name: span.parent_id for span, _ in of_the_side_path(exported)} == parents
    assert {"veigo.batch.messages": 1, MESSAGE_ID: "m1"} == exported.named("mongo write").attributes


def of_the_side_path(exported):
    above = {"kafka produce": "cdc capture", "project": "kafka produce", "mongo write": "project"}
    return [(exported.named(name), parent) for name, parent in above.items()]


def test_what_comes_again_is_one_marked_span(exported):
    """A redelivery moves nothing that was told."""
    reader = Reader()
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
    assert Reader().read(untold, 0) is None
    assert [] == exported.spans


def test_a_message_is_noted_while_it_is_handed_out(exported, tmp_path):
    """Whoever dies then leaves how long it waited, and that its fan-out began; afterwards nothing is left to tell."""
    with Way().of(record()):
        waited, begun = left_by(exported, tmp_path)
    told = [exported.named("kafka dwell"), exported.named("fan-out")]

    assert [("kafka dwell", True), ("fan-out", False)] == [(span.name, span.ok) for span in (waited, begun)]
    assert [span.span_id for span in told] == [waited.span_id, begun.span_id]
    assert waited.span_id == begun.parent_id == told[1].parent_id
    assert {UNFINISHED: True, MESSAGE_ID: "m1"} == json.loads(begun.attributes)
    assert [] == left_by(exported, tmp_path)


def left_by(exported, folder):
    """The spans that a process would leave which died now, as their receiver reads them."""
    left = folder / "left"
    left.write_bytes(exported.outbox._path.read_bytes())
    return [span for each in bodies_in(left) for span in rows(packed.tellings(each))]


def test_the_memory_of_rooms_is_bounded(exported, monkeypatch):
    """The room that was quiet for longest is forgotten."""
    monkeypatch.setattr(captured, "ROOMS_MAX", 0)
    reader = Reader()
    reader.read(record(), 0)

    assert not reader.read(record(), 0).replayed


@pytest.mark.parametrize(("code", "expected"), [(None, 0), (5, 5), (grpc.StatusCode.NOT_FOUND, 5)])
def test_a_status_is_told_by_its_number(code, expected):
    """However gRPC hands it to us."""
    assert expected == rpc_tracing.number_of(code)
