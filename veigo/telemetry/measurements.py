"""Metrics as they come by OTLP: samples for the run store, and the newest of each series for Prometheus.

A service tells counters and histograms as sums since its start. What charts want is what happened between two
tellings, so a counter becomes a rate per second, and a histogram a rate, a mean and quantiles, of that stretch alone.
A sum that went down belongs to a service that was started anew, and begins at 0.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
)

from spans.packed import UnreadableError
from veigo.telemetry.otlp_protobuf import plain
from veigo.telemetry.rows import Point
from veigo.telemetry.told import bounded, node_of

SERIES_MAX = 5_000  # further ones are counted and not kept: a label with endless values is a mistake somewhere
QUANTILES = {"p50": 0.5, "p99": 0.99}

Key: TypeAlias = tuple[str, str, str]  # node, metric, labels as JSON

_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(slots=True)
class Exemplar:
    """One measurement that stands for others, with the trace it was made in."""

    value: float
    at_us: int
    trace_id: str
    span_id: str


@dataclass(slots=True)
class Series:
    """The newest telling of one series."""

    kind: str  # gauge, counter or histogram
    unit: str
    about: str
    labels: dict[str, object]
    at_us: int
    value: float = 0.0  # of a histogram: its sum
    count: int = 0
    bounds: Sequence[float] = ()
    buckets: Sequence[int] = ()
    exemplars: list[Exemplar] = field(default_factory=list)


class Measurements:
    """Every series, as it was last told."""

    def __init__(self, series_max: int = SERIES_MAX) -> None:
        self.series: dict[Key, Series] = {}
        self.refused = 0  # samples of series beyond the bound
        self._series_max = series_max

    def take(self, body: bytes) -> list[Point]:
        """Take an `ExportMetricsServiceRequest` in, and return what it adds to the charts.

        Raises:
            UnreadableError: it is none.
        """
        request = ExportMetricsServiceRequest()
        try:
            request.ParseFromString(body)
        except DecodeError as error:
            raise UnreadableError(f"the body is no OTLP metrics request: {error}") from None
        points: list[Point] = []
        for resource_metrics in request.resource_metrics:
            node = node_of(plain(resource_metrics.resource.attributes))
            for scope_metrics in resource_metrics.scope_metrics:
                for metric in scope_metrics.metrics:
                    for series in told_by(metric):
                        points += self.add(node, metric.name, series)
        return points

    def add(self, node: str, metric: str, now: Series) -> list[Point]:
        """Take the newest telling of a series in, and return what it adds to the charts."""
        labels = _encode(now.labels).decode()
        before = self.series.get((node, metric, labels))
        if before is None and len(self.series) >= self._series_max:
            self.refused += 1
            return []
        self.series[node, metric, labels] = now
        if now.kind == "gauge":
            return [Point(now.at_us, node, metric, labels, now.value)]
        if before is None or now.at_us <= before.at_us:
            return []
        return [Point(now.at_us, node, name, labels, value) for name, value in happened(metric, before, now)]


def told_by(metric: Metric) -> Iterable[Series]:
    """The series of one metric; kinds that are not made here (summaries, deltas) are passed over."""
    match metric.WhichOneof("data"):
        case "gauge":
            yield from (_number(metric, "gauge", point) for point in metric.gauge.data_points)
        case "sum" if metric.sum.aggregation_temporality == AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE:
            kind = "counter" if metric.sum.is_monotonic else "gauge"
            yield from (_number(metric, kind, point) for point in metric.sum.data_points)
        case "histogram":
            yield from (_histogram(metric, point) for point in metric.histogram.data_points)


def happened(metric: str, before: Series, now: Series) -> Iterable[tuple[str, float]]:
    """What came to a counter or a histogram between two tellings, by the name of its chart."""
    seconds = (now.at_us - before.at_us) / 1e6
    anew = now.value < before.value or now.count < before.count
    value = now.value - (0 if anew else before.value)
    if now.kind == "counter":
        yield f"{metric}.rate", value / seconds
        return
    count = now.count - (0 if anew else before.count)
    yield f"{metric}.rate", count / seconds
    if count == 0:
        return
    yield f"{metric}.mean", value / count
    earlier = [0] * len(now.buckets) if anew else before.buckets
    buckets = [new - old for new, old in zip(now.buckets, earlier, strict=True)]
    for name, quantile in QUANTILES.items():
        yield f"{metric}.{name}", quantile_of(quantile, now.bounds, buckets)


def quantile_of(quantile: float, bounds: Sequence[float], buckets: Sequence[int]) -> float:
    """A quantile from buckets, evenly spread within each; beyond the last bound, that bound."""
    rank = quantile * sum(buckets)
    below = 0
    for index, count in enumerate(buckets[: len(bounds)]):
        if below + count >= rank and count:
            lower = bounds[index - 1] if index else 0.0
            return lower + (bounds[index] - lower) * (rank - below) / count
        below += count
    return bounds[-1] if bounds else 0.0


def _number(metric: Metric, kind: str, point: NumberDataPoint) -> Series:
    value = point.as_double if point.WhichOneof("value") == "as_double" else float(point.as_int)
    at_us = point.time_unix_nano // 1000
    return Series(kind, metric.unit, metric.description, bounded(plain(point.attributes)), at_us, value)


def _histogram(metric: Metric, point: HistogramDataPoint) -> Series:
    exemplars = [
        Exemplar(
            value=one.as_double if one.WhichOneof("value") == "as_double" else float(one.as_int),
            at_us=one.time_unix_nano // 1000,
            trace_id=one.trace_id.hex(),
            span_id=one.span_id.hex(),
        )
        for one in point.exemplars
        if one.trace_id
    ]
    return Series(
        kind="histogram",
        unit=metric.unit,
        about=metric.description,
        labels=bounded(plain(point.attributes)),
        at_us=point.time_unix_nano // 1000,
        value=point.sum,
        count=point.count,
        bounds=tuple(point.explicit_bounds),
        buckets=tuple(point.bucket_counts),
        exemplars=exemplars,
    )
