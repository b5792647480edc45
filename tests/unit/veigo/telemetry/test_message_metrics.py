"""What became of messages is counted once, when it has settled."""

import pytest

from veigo.telemetry.message_metrics import BEHIND_US_MAX, SETTLED_AFTER_US, MessageMetrics
from veigo.telemetry.rows import Batch, Delivery, Facts, MessagePart
from veigo.telemetry.store import Store

BEGAN = 1_000_000_000
LATER = BEGAN + SETTLED_AFTER_US + 5_000_000
WHOLE = {"trace_id": "t", "captured_us": 1, "appended_us": 1, "received_us": 1}


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "t.duckdb") as opened:
        yield opened


def counted(metrics, at_us=LATER):
    """Every series by metric and label: its count, or its value."""
    return {
        (metric, *series.labels.values()): series.count if series.kind == "histogram" else series.value
        for _, metric, series in metrics.told(at_us)
    }


def test_a_message_is_counted_when_it_has_settled_and_not_again(store):
    """Sent, handed to the sockets, received; with every hop in its trace."""
    whole = MessagePart("m1", Facts(sent_us=BEGAN, committed_us=BEGAN + 5_000, fanned_out_us=BEGAN + 9_000, **WHOLE))
    receipts = [Delivery("m1", name, "1", BEGAN + 12_000) for name in ("bob", "eve")]
    store.write(Batch(messages=[whole], deliveries=receipts))
    metrics = MessageMetrics(BEGAN)
    metrics.count(store, BEGAN + SETTLED_AFTER_US)
    too_early = counted(metrics)
    metrics.count(store, LATER)
    once = counted(metrics)
    metrics.count(store, LATER + 5_000_000)

    assert 0 == sum(too_early.values())
    assert 1 == once["veigo.message.latency", "fanned_out"]
    assert 2 == once["veigo.message.latency", "delivered"]
    assert (1, 0) == (once["veigo.message.traces", "whole"], once["veigo.message.traces", "broken"])
    assert once == counted(metrics)


def test_a_latency_falls_into_its_bucket_with_its_trace_as_the_example(store):
    """The slowest of each bucket."""
    parts = [
        MessagePart(f"m{ms}", Facts(sent_us=BEGAN, fanned_out_us=BEGAN + ms * 1000, trace_id=f"t{ms}"))
        for ms in (3, 4, 150)
    ]
    store.write(Batch(messages=parts))
    metrics = MessageMetrics(BEGAN)
    metrics.count(store, LATER)
    series = next(one for _, _, one in metrics.told(LATER) if one.labels == {"until": "fanned_out"})

    assert {0.005: 2, 0.2: 1} == {bound: n for bound, n in zip(series.bounds, series.buckets, strict=False) if n}
    assert {"t4", "t150"} == {one.trace_id for one in series.exemplars}
    assert pytest.approx(0.157) == series.value


def test_a_stored_message_that_lacks_a_hop_is_broken(store):
    """One that was never stored is not: nothing was promised."""
    store.write(
        Batch(
            messages=[
                MessagePart("m1", Facts(sent_us=BEGAN, committed_us=BEGAN)),
                MessagePart("m2", Facts(sent_us=BEGAN)),
            ]
        )
    )
    metrics = MessageMetrics(BEGAN)
    metrics.count(store, LATER)

    assert (0, 1) == tuple(counted(metrics)["veigo.message.traces", state] for state in ("whole", "broken"))


def test_what_could_not_be_counted_for_long_is_left_out(store):
    """A store that could not be asked for an hour is not asked for all of it at once."""
    store.write(Batch(messages=[MessagePart("m1", Facts(sent_us=BEGAN, committed_us=BEGAN))]))
    metrics = MessageMetrics(BEGAN)
    metrics.count(store, LATER + BEHIND_US_MAX)

    assert 0 == counted(metrics)["veigo.message.traces", "broken"]
