"""What `veigo trace` prints of a store that is known by heart."""

import json

import pytest

from veigo.commands import trace_display
from veigo.stack.problem import StackError
from veigo.telemetry.kept_runs import file_of
from veigo.telemetry.message_way import way_of
from veigo.telemetry.rows import Batch, Delivery, Facts, MessagePart, Span
from veigo.telemetry.store import Store


def span(span_id, parent_id, name, start_us, end_us, kind="CLIENT", **attributes):
    about = json.dumps(attributes)
    return Span("t1", span_id, parent_id, "chat", name, kind, start_us, end_us, True, "m1", about)


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "telemetry.duckdb") as opened:
        times = {"sent_us": 10_000, "acked_us": 15_000, "committed_us": 14_000, "captured_us": 18_000}
        times |= {"appended_us": 20_000, "received_us": 21_000, "fanned_out_us": 21_500}
        kafka = {"topic": "events", "partition": 3, "offset": 41, "lsn": (1 << 32) + 255}
        part = MessagePart("m1", Facts(room_id="r1", sequence=7, trace_id="t1", **times, **kafka))
        decided = {"veigo.decision.outcome": "allow", "veigo.decision.data_version": 4}
        spans = [
            span("s3", "s1", "POST opa send_message", 12_000, 13_000, **decided),
            span("s1", None, "CreateMessage", 10_000, 15_000),
            span("s4", "gone", "fan-out", 21_000, 21_500),
        ]
        received = [Delivery("m1", "bob", "2", 22_000), Delivery("m1", "eve", "1", 23_000)]
        opened.write(Batch(messages=[part], spans=spans, deliveries=received))
        yield opened


def test_the_hops_add_up_to_the_last_delivery(store):
    """Each begins where the one before it ended."""
    way = way_of(store, "m1")

    assert ["gateway and chat", "capture", "produce", "dwell", "fan-out", "delivery"] == [hop.name for hop in way.hops]
    assert way.receipts[-1].after_ms == pytest.approx(sum(hop.took_ms for hop in way.hops))


def test_spans_stand_below_their_parents_and_orphans_at_the_end(store):
    """As a tree, with what is worth knowing."""
    spans = way_of(store, "m1").spans

    expected = [("CreateMessage", 0, ""), ("POST opa send_message", 1, "allow, data version 4"), ("fan-out", 0, "")]
    assert expected == [(one.name, one.depth, one.about) for one in spans]


def test_a_message_is_told_in_sentences(store, capsys):
    """Found by the beginning of its id, with everything that was asked for."""
    code = trace_display.message(store, "m", as_json=False)
    told = capsys.readouterr().out

    assert 1 == code
    for words in (
        "message m1, sequence 7 of room r1",
        "acknowledged after 5.00 ms",
        "events, partition 3, offset 41, LSN 1/FF",
        "to 2 sockets, the first after 12.00 ms, the last after 13.00 ms",
        "broken at gateway: there is no span 'mutation'",
        "bob  socket 2",
    ):
        assert words in told


def test_programs_get_the_same(store, capsys):
    """All of it, as JSON."""
    trace_display.message(store, "m1", as_json=True)
    told = json.loads(capsys.readouterr().out)

    assert ("1/FF", "gateway", 6, 3, 2) == (
        told["lsn"],
        told["broke_at"],
        len(told["hops"]),
        len(told["spans"]),
        len(told["receipts"]),
    )


def test_the_slowest_come_first_with_their_longest_hop(store, capsys):
    """By when the last member had it."""
    store.write(Batch(messages=[MessagePart("m2", Facts(sent_us=0))], deliveries=[Delivery("m2", "bob", "1", 90_000)]))
    trace_display.slowest(store, 10, as_json=True)
    rows = json.loads(capsys.readouterr().out)

    assert [("m2", 90.0), ("m1", 13.0)] == [(row["message_id"], row["delivered_ms"]) for row in rows]
    assert 0 == trace_display.slowest(store, 10, as_json=False)
    assert "m2" in capsys.readouterr().out


def test_the_figure_is_printed_with_the_broken_ones(store, capsys):
    """And the exit code says the same."""
    code = trace_display.check(store, as_json=False, only_broken=False)

    assert 1 == code
    assert (
        "0.00 % of 1 messages have a complete, connected trace; 1 broke at gateway\n"
        "  m1 broke at gateway: there is no span 'mutation'\n"
    ) == capsys.readouterr().out


def test_an_unknown_message_is_nothing_to_look_at(store):
    """Exit code 2, in words."""
    assert 2 == trace_display.message(store, "x", as_json=False)


@pytest.mark.parametrize(
    ("began_ms", "took_ms", "expected"),
    [(0, 10, "█" * 32), (5, 5, " " * 16 + "█" * 16), (0, 0, "▏"), (10, 0, " " * 31 + "▏"), (-3, 1.25, "█" * 4)],
)
def test_a_bar_is_as_long_as_its_share(began_ms, took_ms, expected):
    """And what is there at all is seen."""
    assert expected == trace_display.bar(began_ms, took_ms, 10)


def test_a_run_is_found_by_the_beginning_of_its_id(tmp_path):
    """Or as the last one, or by its folder; an ambiguous or unknown name is refused in words."""
    for name in ("20260101-a", "20260102-b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "telemetry.duckdb").touch()

    assert tmp_path / "20260101-a" / "telemetry.duckdb" == file_of("20260101", tmp_path)
    assert tmp_path / "20260102-b" / "telemetry.duckdb" == file_of("last", tmp_path)
    assert tmp_path / "20260102-b" / "telemetry.duckdb" == file_of(str(tmp_path / "20260102-b"), tmp_path)
    with pytest.raises(StackError, match="beginning of several runs"):
        file_of("2026", tmp_path)
    with pytest.raises(StackError, match="has no run x with telemetry; there are 20260101-a, 20260102-b"):
        file_of("x", tmp_path)
