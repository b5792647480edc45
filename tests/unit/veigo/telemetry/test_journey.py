"""What the journey page draws, of stores that are known by heart."""

import json

import pytest

from veigo.telemetry import journey
from veigo.telemetry.journey import Window
from veigo.telemetry.overview import overview
from veigo.telemetry.rows import Batch, Delivery, Facts, Fault, MessagePart, Point
from veigo.telemetry.store import Store

MS = 1_000


def sent_at(message_id, at_us):
    """A message each of whose hops takes one millisecond more than the one before."""
    names = ("sent_us", "committed_us", "captured_us", "appended_us", "received_us", "fanned_out_us")
    borders = (0, 1, 3, 6, 10, 15)
    times = {name: at_us + border * MS for name, border in zip(names, borders, strict=True)}
    return MessagePart(message_id, Facts(room_id="r1", sequence=1, **times))


@pytest.fixture
def store(tmp_path):
    """Two messages in the first of two seconds, the slow one in the second; one that was refused."""
    with Store.open(tmp_path / "telemetry.duckdb") as opened:
        messages = [sent_at("a", 0), sent_at("b", 500 * MS), sent_at("slow", 1_500 * MS)]
        messages.append(MessagePart("refused", Facts(sent_us=1_600 * MS)))
        took = [("a", 0, 20), ("a", 0, 22), ("b", 500, 24), ("slow", 1_500, 900)]
        deliveries = [Delivery(message, f"p{n}", "1", (at + ms) * MS) for n, (message, at, ms) in enumerate(took)]
        points = [
            Point(100 * MS, "chat", "veigo.slot.lag", json.dumps({"slot": "veigo_chat"}), 5.0),
            Point(200 * MS, "chat", "veigo.slot.lag", json.dumps({"slot": "veigo_chat"}), 3.0),
            Point(1_100 * MS, "realtime", "veigo.consumer.lag", json.dumps({"partition": "t/0"}), 1.0),
            Point(1_200 * MS, "realtime", "veigo.consumer.lag", json.dumps({"partition": "t/1"}), 2.0),
        ]
        faults = [Fault("kill", "kafka", 1_000 * MS, 1_100 * MS, 1_200 * MS), Fault("kill", "chat", 9_000 * MS)]
        opened.write(Batch(messages=messages, deliveries=deliveries, points=points, faults=faults))
        yield opened


WHOLE = Window(0, 2_000 * MS, 2)


def test_every_chart_has_a_number_for_each_bucket(store):
    """Or null where nothing was."""
    told = overview(store, WHOLE)

    assert [2, 2] == told["messages"]
    assert [0, 1] == told["uncommitted"]
    assert [3, 1] == told["deliveries"]
    assert [22, 900] == told["quantiles"]["p50"]
    assert {"messages": 4, "uncommitted": 1, "deliveries": 4} == {
        name: told["totals"][name] for name in ("messages", "uncommitted", "deliveries")
    }


def test_the_hops_of_a_bucket_add_up_to_its_mean(store):
    """One, two, three, four and five milliseconds, and the rest is the delivery."""
    told = overview(store, WHOLE)

    assert [1, 2, 3, 4, 5, 7] == [told["hops"][name][0] for name in told["hops"]]


def test_every_delivery_is_in_one_cell_of_the_heat_map(store):
    """And its latency within the cell's bounds."""
    cells = journey.heat(store, WHOLE)
    late = next(cell for cell in cells if cell["bucket"] == 1)

    assert 4 == sum(cell["deliveries"] for cell in cells)
    assert journey.bin_ms(late["bin"]) <= 900 < journey.bin_ms(late["bin"] + 1)


def test_a_lag_is_the_worst_of_its_bucket_over_all_partitions(store):
    """Of a slot in bytes, of a consumer in records."""
    found = {(one["what"], one["who"]): one["values"] for one in overview(store, WHOLE)["lags"]}

    assert {("slot", "veigo_chat"): [5, None], ("consumer", "realtime"): [None, 3]} == found


def test_only_the_faults_of_the_time_are_told(store):
    """Those that began before its end and were not healed before its beginning."""
    assert ["kafka"] == [row["node"] for row in journey.faults(store, WHOLE)]
    assert ["chat"] == [row["node"] for row in journey.faults(store, Window(8_000 * MS, 20_000 * MS))]


def test_the_slowest_message_comes_first_and_what_never_arrived_last(store):
    """As many as were asked for, with how many there are."""
    found = journey.messages(store, WHOLE, 3)

    assert [("slow", 900), ("b", 24), ("a", 22)] == [(row["message_id"], row["took_ms"]) for row in found]
    assert {4} == {row["found"] for row in found}


def test_messages_can_be_asked_for_by_how_long_a_delivery_took(store):
    """Which is what a click into the heat map does."""
    found = journey.messages(store, WHOLE, 10, (19.0, 21.0))

    assert ["a"] == [row["message_id"] for row in found]


def test_a_store_without_anything_is_drawn_empty(tmp_path):
    """Rather than refused."""
    with Store.open(tmp_path / "empty.duckdb") as store:
        told = overview(store, WHOLE)

        assert [] == told["heat"]["cells"]
        assert told["totals"]["p99"] is None
        assert None is journey.extent(store)["since_us"]
