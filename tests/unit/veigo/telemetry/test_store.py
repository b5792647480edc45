"""The run store keeps what arrives once, in whatever parts and order it arrives."""

import pytest

from spans import packed
from spans.told import Told, TracePart
from veigo.stack.problem import StackError
from veigo.telemetry.rows import Batch, Delivery, Facts, Fault, MessagePart, PackedSpans, Point, Span
from veigo.telemetry.store import CLOCK_SLACK_US, Limits, Store, unpacked


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
    store.write(
        Batch(messages=[MessagePart("m1", Facts(sent_us=1)), MessagePart("m1", Facts(committed_us=5, topic="t"))])
    )
    store.write(Batch(messages=[MessagePart("m1", Facts(received_us=9))]))

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
    store.write(Batch(messages=[MessagePart("m1", Facts(recipients=3, fanned_out_us=20))]))
    store.write(Batch(messages=[MessagePart("m1", Facts(recipients=2, fanned_out_us=15))]))

    assert [{"recipients": 5, "at": 15}] == store.rows("SELECT recipients, fanned_out_us AS at FROM messages")


def test_what_was_known_first_is_believed(store):
    """A replayed record cannot move a commit."""
    store.write(Batch(messages=[MessagePart("m1", Facts(committed_us=5, offset=7))]))
    store.write(Batch(messages=[MessagePart("m1", Facts(committed_us=6, offset=9))]))

    assert [{"committed_us": 5, "offset": 7}] == store.rows('SELECT committed_us, "offset" FROM messages')


def test_a_message_that_an_earlier_process_wrote_is_one_row(tmp_path):
    """Whoever opens the store knows none of its messages; what is thought to be new may be there."""
    for part in (MessagePart("m1", Facts(sent_us=1)), MessagePart("m1", Facts(committed_us=5))):
        with Store.open(tmp_path / "again.duckdb") as store:
            store.write(
                Batch(messages=[part, MessagePart("m2", Facts(recipients=1))], deliveries=[Delivery("m1", "a", "1", 9)])
            )
            rows = store.tuples("SELECT message_id, sent_us, committed_us, recipients FROM messages ORDER BY 1")
            deliveries = store.count("deliveries")

    assert [("m1", 1, 5, None), ("m2", None, None, 2)] == rows
    assert 2 == deliveries


def test_a_batch_that_cannot_be_written_leaves_nothing(store):
    """A batch is taken in as a whole or not at all."""
    broken = Batch(messages=[MessagePart("m1", Facts())], spans=[span(attributes=None)])
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
    store.write(
        Batch(points=[Point(11, "chat", "requests", "{}", 2.0)], messages=[MessagePart("m1", Facts(sent_us=9))])
    )
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
    message = MessagePart("m1", Facts(trace_id="t1", sent_us=10))
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
    told = [Told("x", 2, f"s{number}{at_us}", None, at_us * 1000, at_us * 1000) for at_us in first_us]
    body = packed.body_of({"service.name": "chat"}, [TracePart("t1", {}, told)])
    return PackedSpans(min(first_us), max(first_us), len(told), body)


def began_us(store):
    return [at_us for (at_us,) in store.tuples("SELECT start_us FROM spans ORDER BY 1")]


def test_what_was_packed_is_unpacked_once(store):
    """Into rows; a span that came in two bodies, or has a row already, is one."""
    store.write(Batch(packed=[waiting(10, 30), waiting(30, 40)]))
    before = store.packed_spans
    store.unpack()
    store.write(Batch(packed=[waiting(10)]))
    store.unpack()

    assert (4, 0) == (before, store.packed_spans)
    assert [10, 30, 40] == began_us(store)


def test_packed_spans_are_bounded(tmp_path):
    """The oldest go."""
    with Store.open(tmp_path / "s.duckdb", limits=Limits(packed_spans=20)) as store:
        store.write(Batch(packed=[waiting(*range(at, at + 5)) for at in range(0, 50, 5)]))
        gone = store.trim()
        store.unpack()
        kept = began_us(store)

    assert {"packed_spans": 35} == gone
    assert list(range(35, 50)) == kept


def test_a_finished_run_has_its_spans_unpacked(store, tmp_path):
    """Those of its time, and no others that came with them; but those of its messages, whatever their clock said."""
    mine = TracePart("t-m1", {}, [Told("x", 2, "s", None, CLOCK_SLACK_US * 500, CLOCK_SLACK_US * 500)])
    wrong_clock = PackedSpans(CLOCK_SLACK_US // 2, CLOCK_SLACK_US // 2, 1, packed.body_of({}, [mine]))
    long_ago = waiting(CLOCK_SLACK_US * 2)
    message = MessagePart("m1", Facts(trace_id="t-m1", sent_us=10))
    store.write(Batch(packed=[waiting(4, 10), wrong_clock, long_ago], messages=[message]))
    store.export(tmp_path / "exported.duckdb", 5, 20)
    unpacked(tmp_path / "exported.duckdb", tmp_path / "run.duckdb", 5, 20)
    with Store.open(tmp_path / "run.duckdb", read_only=True) as run:
        kept = began_us(run), run.packed_spans

    assert ([10, CLOCK_SLACK_US // 2], 0) == kept
    assert 4 == store.packed_spans
