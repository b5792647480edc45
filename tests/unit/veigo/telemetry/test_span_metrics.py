"""Rates, errors and durations come from the spans that arrive."""

from spans.told import Told, TracePart
from veigo.telemetry.span_metrics import BOUNDS_S, SpanMetrics


def span(took_us, ok=True, span_id="s"):
    return TracePart("t1", {}, [Told("POST opa", 3, span_id, None, 0, took_us * 1000, ok)])


def take(metrics, *told):
    metrics.take("chat", told, [one.timed() for one in told])


def test_spans_of_one_kind_are_one_histogram():
    """With their errors beside it, and the newest trace of each bucket."""
    metrics = SpanMetrics()
    take(metrics, span(300), span(400, span_id="newer"), span(60_000_000, ok=False))
    durations, failed = [series for _, _, series in metrics.told(5)]

    assert [2] + [0] * (len(BOUNDS_S) - 1) + [1] == list(durations.buckets)
    assert (3, 60.0007, 5) == (durations.count, durations.value, durations.at_us)
    assert ["newer", "s"] == [one.span_id for one in durations.exemplars]
    assert 1.0 == failed.value


def test_what_was_told_does_not_change():
    """Later spans belong to the next telling, or a rate would be nothing."""
    metrics = SpanMetrics()
    take(metrics, span(300))
    told = [series for _, _, series in metrics.told(5)]
    take(metrics, span(300))

    assert 1 == told[0].count
    assert 1 == told[0].buckets[0]
