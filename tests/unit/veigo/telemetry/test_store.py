"""The run store keeps what arrives once, in whatever parts and order it arrives."""

import pytest

from veigo.stack.problem import StackError
from veigo.telemetry import packed
from veigo.telemetry.rows import Batch, Delivery, Fault, MessagePart, PackedSpans, Point, Span
from veigo.telemetry.store import UNPACKED_AT_ONCE_MAX, Limits, Store
from veigo.telemetry.told import Told


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "telemetry.duckdb") as opened:
        yield opened


def span(span_id="s1", start_us=10, **more):
    row = {"trace_id": "t1", "span_id": span_id, "parent_id": None, "node": "chat", "name": "x", "kind": "SERVER"}
    row |= {"start_us": start_us, "end_us": start_us + 5, "ok": True, "message_id": "m1", "attributes": "{}"}
    return Span(**(row | more))


def test_the_parts_of_a_message_become_one_row(store):
    """Each service knows a part of a message's way; the row has all of them."""
    store.write(Batch(messages=[MessagePart("m1", sent_us=1), MessagePart("m1", committed_us=5, topic="t")]))
    store.write(Batch(messages=[MessagePart("m1", received_us=9)]))

    (row,) = store.rows("SELECT message_id, sent_us, committed_us, topic, received_us, acked_us FROM messages")

    assert {
        "message_id": "m1",
        "sent_us": 1,
        "committed_us": 5,
        "topic": "t",
        "received_us": 9,
        "acked_us": None,
    } == row


def test_replicas_add_up_and_the_first_to_have_it_counts(store):
    """Two realtime replicas hand a message to their own sockets: its recipients are all, its time the first one's."""
    store.write(Batch(messages=[MessagePart("m1", recipients=3, fanned_out_us=20)]))
    store.write(Batch(messages=[MessagePart("m1", recipients=2, fanned_out_us=15)]))

    assert [{"recipients": 5, "at": 15}] == store.rows("SELECT recipients, fanned_out_us AS at FROM messages")


def test_what_was_known_first_is_believed(store):
    """A replayed record cannot move a commit."""
    store.write(Batch(messages=[MessagePart("m1", committed_us=5, offset=7)]))
    store.write(Batch(messages=[MessagePart("m1", committed_us=6, offset=9)]))

    assert [{"committed_us": 5, "offset": 7}] == store.rows('SELECT committed_us, "offset" FROM messages')


def test_a_message_that_an_earlier_process_wrote_is_one_row(tmp_path):
    """Whoever opens the store knows none of its messages; what is thought to be new may be there."""
    for part in (MessagePart("m1", sent_us=1), MessagePart("m1", committed_us=5)):
        with Store.open(tmp_path / "again.duckdb") as store:
            store.write(
                Batch(messages=[part, MessagePart("m2", recipients=1)], deliveries=[Delivery("m1", "a", "1", 9)])
            )
            rows = store.tuples("SELECT message_id, sent_us, committed_us, recipients FROM messages ORDER BY 1")
            deliveries = store.count("deliveries")

    assert [("m1", 1, 5, None), ("m2", None, None, 2)] == rows
    assert 2 == deliveries


def test_a_span_that_comes_again_is_one_span(store):
    """Redelivery makes the same span with the same id, in the same batch or a later one; it adds nothing."""
    store.write(Batch(spans=[span(), span()]))
    store.write(Batch(spans=[span(), span("s2", 11)]))

    assert ["s1", "s2"] == [row["span_id"] for row in store.rows("SELECT span_id FROM spans ORDER BY 1")]


def test_a_batch_that_cannot_be_written_leaves_nothing(store):
    """A batch is taken in as a whole or not at all."""
    broken = Batch(messages=[MessagePart("m1")], spans=[span(attributes=None)])
    with pytest.raises(Exception, match="NOT NULL"):
        store.write(broken)
    store.write(Batch(spans=[span()]))

    assert (0, 1) == (store.count("messages"), store.count("spans"))


def test_the_oldest_rows_go_when_there_are_too_many(tmp_path):
    """Every table has a bound, and what is newest stays."""
    with Store.open(tmp_path / "s.duckdb", limits=Limits(spans=100)) as store:
        store.write(Batch(spans=[span(f"s{n}", n) for n in range(150)]))
        gone = store.trim()
        (left,) = store.rows("SELECT min(start_us) AS oldest, max(start_us) AS newest, count(*) AS n FROM spans")

    assert {"spans": 55} == gone
    assert {"oldest": 55, "newest": 149, "n": 95} == left


def test_a_fault_is_completed_by_what_is_learnt_later(store):
    """A fault is told when it begins, when it is felt and when it is healed; that is one row."""
    store.write(Batch(faults=[Fault("kill", "kafka", 10)]))
    store.write(Batch(faults=[Fault("kill", "kafka", 10, felt_us=12), Fault("kill", "kafka", 10, healed_us=20)]))

    (row,) = store.rows("SELECT * FROM faults")

    assert {"fault": "kill", "node": "kafka", "began_us": 10, "felt_us": 12, "healed_us": 20} == row


def test_a_run_is_exported_into_a_store_of_its_own(store, tmp_path):
    """The run's folder gets what began within the run, and nothing else; the live store goes on."""
    store.write(Batch(spans=[span("s1", 10), span("s2", 50)], deliveries=[Delivery("m1", "bob", "1", 12)]))
    store.write(Batch(points=[Point(11, "chat", "requests", "{}", 2.0)], messages=[MessagePart("m1", sent_us=9)]))
    path = tmp_path / "it's a run" / "telemetry.duckdb"
    path.parent.mkdir()
    store.export(path, 5, 20)
    store.write(Batch(spans=[span("s3", 60)]))
    with Store.open(path, read_only=True) as run:
        counts = {table: run.count(table) for table in ("messages", "deliveries", "spans", "points", "faults")}

    assert {"messages": 1, "deliveries": 1, "spans": 1, "points": 1, "faults": 0} == counts
    assert 3 == store.count("spans")


def test_a_message_goes_with_all_its_spans_whatever_clock_they_are_by(store, tmp_path):
    """A node whose clock is wrong puts its spans into another time."""
    message = MessagePart("m1", trace_id="t1", sent_us=10)
    store.write(Batch(messages=[message], spans=[span("s1", 10), span("s2", 90), span("s3", 90, trace_id="t2")]))
    path = tmp_path / "run.duckdb"
    store.export(path, 5, 20)
    with Store.open(path, read_only=True) as run:
        kept = {row["span_id"] for row in run.rows("SELECT span_id FROM spans")}

    assert {"s1", "s2"} == kept


def test_a_store_that_is_not_there_says_so(tmp_path):
    """A run without telemetry is named, not shown as an empty one."""
    with pytest.raises(StackError, match="is not there; runs that were made without the collector"):
        Store.open(tmp_path / "none.duckdb", read_only=True)


def test_a_store_survives_being_opened_again(tmp_path):
    """A collector that was restarted goes on with what it had."""
    for n in range(2):
        with Store.open(tmp_path / "s.duckdb") as store:
            store.write(Batch(spans=[span(f"s{n}", n)]))
            count = store.count("spans")

    assert 2 == count


def waiting(*first_us, number=0):
    """A body of spans that began then."""
    told = [Told("x", 2, "t1", f"s{number}{at_us}", None, at_us * 1000, at_us * 1000, {}) for at_us in first_us]
    return PackedSpans(min(first_us), max(first_us), len(told), packed.body_of({"service.name": "chat"}, told))


def began_us(store):
    return [at_us for (at_us,) in store.tuples("SELECT start_us FROM spans ORDER BY 1")]


def test_spans_are_unpacked_when_their_time_is_asked_for(store):
    """Once, and all of a body; those of another time stay packed."""
    store.write(Batch(packed=[waiting(10, 30), waiting(40)]))
    before = store.packed_spans
    store.unpack(20, 39)
    store.unpack(20, 39)

    assert (3, 1) == (before, store.packed_spans)
    assert [10, 30] == began_us(store)


def test_many_bodies_are_unpacked_a_few_at_a_time(store):
    """More than fit into one step, none of them twice."""
    many = range(3 * UNPACKED_AT_ONCE_MAX)
    store.write(Batch(packed=[waiting(number) for number in many]))
    store.unpack(0, 1_000)

    assert list(many) == began_us(store)


def test_a_span_that_was_told_to_an_earlier_process_is_there_once(store):
    """What is not known to be new is looked for when it is unpacked."""
    store.write(Batch(packed=[waiting(10)]))
    store.unpack(0, 20)
    store.write(Batch(packed=[waiting(10)]))
    store.unpack(0, 20)

    assert [10] == began_us(store)


def test_packed_spans_are_bounded(tmp_path):
    """The oldest go."""
    with Store.open(tmp_path / "s.duckdb", limits=Limits(packed_spans=20)) as store:
        store.write(Batch(packed=[waiting(*range(at, at + 5)) for at in range(0, 50, 5)]))
        gone = store.trim()
        store.unpack(0, 100)
        kept = began_us(store)

    assert {"packed_spans": 35} == gone
    assert list(range(35, 50)) == kept


def test_a_finished_run_has_its_spans_unpacked(store, tmp_path):
    """Whoever reads it need not know that there is such a thing."""
    store.write(Batch(packed=[waiting(10)], messages=[MessagePart("m1", sent_us=10)]))
    store.export(tmp_path / "run.duckdb", 5, 20)
    with Store.open(tmp_path / "run.duckdb", read_only=True) as run:
        run.unpack(0, 100)
        kept = began_us(run)

    assert [10] == kept
