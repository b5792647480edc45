"""Metrics become samples for the charts, and Prometheus's text."""

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality

from veigo.telemetry import prometheus
from veigo.telemetry.measurements import Measurements, quantile_of
from veigo.telemetry.rows import Point

CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE


def told(kind, at_s, value=0.0, buckets=()):
    request = ExportMetricsServiceRequest()
    of = request.resource_metrics.add()
    of.resource.attributes.add(key="service.instance.id").value.string_value = "chat"
    metric = of.scope_metrics.add().metrics.add(name="veigo.calls", unit="s" if buckets else "", description="Calls.")
    if kind == "gauge":
        point = metric.gauge.data_points.add(as_double=value)
    elif kind == "counter":
        metric.sum.is_monotonic, metric.sum.aggregation_temporality = True, CUMULATIVE
        point = metric.sum.data_points.add(as_double=value)
    else:
        point = metric.histogram.data_points.add(sum=value, count=sum(buckets), explicit_bounds=[0.01, 0.1])
        point.bucket_counts.extend(buckets)
        point.exemplars.add(as_double=0.05, time_unix_nano=10**9, trace_id=b"\x01" * 16, span_id=b"\x02" * 8)
    point.time_unix_nano = int(at_s * 1e9)
    point.attributes.add(key="edge").value.string_value = "chat → opa"
    return request.SerializeToString()


LABELS = '{"edge":"chat → opa"}'


def test_a_gauge_is_a_sample():
    """As it is told."""
    assert [Point(1_000_000, "chat", "veigo.calls", LABELS, 5.0)] == Measurements().take(told("gauge", 1, 5))


def test_a_counter_is_a_rate():
    """What came to it between two tellings, a second."""
    measurements = Measurements()
    first = measurements.take(told("counter", 1, 10))
    then = measurements.take(told("counter", 3, 16))

    assert [] == first
    assert [Point(3_000_000, "chat", "veigo.calls.rate", LABELS, 3.0)] == then


def test_a_counter_that_was_started_anew_begins_at_nothing():
    """A restarted service is no negative rate."""
    measurements = Measurements()
    measurements.take(told("counter", 1, 10))

    assert [4.0] == [point.value for point in measurements.take(told("counter", 2, 4))]


def test_a_histogram_is_a_rate_a_mean_and_quantiles_of_the_stretch():
    """Not of everything since the start, in which a bad minute would drown."""
    measurements = Measurements()
    measurements.take(told("histogram", 1, 1.0, (100, 0, 0)))
    points = measurements.take(told("histogram", 2, 2.0, (100, 10, 0)))

    expected = {"veigo.calls.rate": 10.0, "veigo.calls.mean": 0.1, "veigo.calls.p50": 0.055, "veigo.calls.p99": 0.0991}
    assert expected == {point.metric: pytest.approx(point.value) for point in points}


def test_endless_series_are_refused():
    """A label with endless values fills nothing."""
    measurements = Measurements(series_max=0)

    assert [] == measurements.take(told("gauge", 1, 5))
    assert 1 == measurements.refused


@pytest.mark.parametrize(("quantile", "expected"), [(0.5, 0.01), (0.75, 0.055), (1.0, 0.1)])
def test_a_quantile_lies_within_its_bucket(quantile, expected):
    """Evenly spread."""
    assert pytest.approx(expected) == quantile_of(quantile, [0.01, 0.1], [2, 2, 0])


def test_prometheus_reads_it_with_exemplars():
    """OpenMetrics text: units in the names, buckets that add up, a trace for a bucket."""
    measurements = Measurements()
    measurements.take(told("histogram", 1, 1.0, (3, 2, 1)))
    labels = 'instance="chat",edge="chat → opa"'

    expected = f"""\
# TYPE veigo_calls_seconds histogram
# HELP veigo_calls_seconds Calls.
veigo_calls_seconds_bucket{{{labels},le="0.01"}} 3
veigo_calls_seconds_bucket{{{labels},le="0.1"}} 5 # {{trace_id="{"01" * 16}",span_id="{"02" * 8}"}} 0.05 1.000
veigo_calls_seconds_bucket{{{labels},le="+Inf"}} 6
veigo_calls_seconds_sum{{{labels}}} 1
veigo_calls_seconds_count{{{labels}}} 6
# EOF
"""
    assert expected == prometheus.text(measurements.series)


def test_older_prometheus_reads_it_without():
    """The text format has no exemplars and no end, and says the type of a counter by its whole name."""
    measurements = Measurements()
    measurements.take(told("counter", 1, 5))

    expected = """\
# TYPE veigo_calls_total counter
# HELP veigo_calls_total Calls.
veigo_calls_total{instance="chat",edge="chat → opa"} 5
"""
    assert expected == prometheus.text(measurements.series, openmetrics=False)


def test_a_gauge_nobody_tells_any_more_is_left_out():
    """A service that is gone has no open sockets."""
    measurements = Measurements()
    measurements.take(told("gauge", 1, 5))

    assert "veigo_calls" in prometheus.text(measurements.series, since_us=1_000_000)
    assert "# EOF\n" == prometheus.text(measurements.series, since_us=1_000_001)
