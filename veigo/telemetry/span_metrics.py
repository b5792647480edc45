"""Rate, errors and duration of every edge and hop, derived from the spans that arrive: the services pay nothing for it.

Each series is a histogram over one kind of span of one node, with the newest trace of each bucket as its exemplar.
"""

import bisect
from collections.abc import Iterable

from veigo.telemetry.measurements import Exemplar, Series
from veigo.telemetry.rows import Span

METRIC = "veigo.span.duration"
ABOUT = "How long spans took, by what they are; their number is their rate."
FAILED = "veigo.span.failed"
FAILED_ABOUT = "Spans that failed."
BOUNDS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class SpanMetrics:
    """One histogram for each node and name of span. Names are those of operations, so there are few."""

    def __init__(self) -> None:
        self._durations: dict[tuple[str, str, str], Series] = {}
        self._failed: dict[tuple[str, str, str], Series] = {}

    def take(self, spans: Iterable[Span]) -> None:
        """Count spans in."""
        for span in spans:
            key = (span.node, span.name, span.kind)
            series = self._durations.get(key)
            if series is None:
                labels: dict[str, object] = {"span": span.name, "kind": span.kind}
                series = Series("histogram", "s", ABOUT, labels, 0, bounds=BOUNDS_S)
                series.buckets = [0] * (len(BOUNDS_S) + 1)
                self._durations[key] = series
                self._failed[key] = Series("counter", "", FAILED_ABOUT, labels, 0)
            took_s = (span.end_us - span.start_us) / 1e6
            bucket = bisect.bisect_left(BOUNDS_S, took_s)
            assert isinstance(series.buckets, list)
            series.buckets[bucket] += 1
            series.value += took_s
            series.count += 1
            exemplars = [one for one in series.exemplars if bisect.bisect_left(BOUNDS_S, one.value) != bucket]
            series.exemplars = [*exemplars, Exemplar(took_s, span.end_us, span.trace_id, span.span_id)]
            self._failed[key].value += not span.ok

    def told(self, at_us: int) -> Iterable[tuple[str, str, Series]]:
        """Every series as it is now: node, metric, and a copy that later spans do not change."""
        for (node, _, _), series in self._durations.items():
            yield node, METRIC, copied(series, at_us)
        for (node, _, _), series in self._failed.items():
            yield node, FAILED, copied(series, at_us)


def copied(series: Series, at_us: int) -> Series:
    """The series as of a time."""
    return Series(
        series.kind,
        series.unit,
        series.about,
        series.labels,
        at_us,
        series.value,
        series.count,
        series.bounds,
        tuple(series.buckets),
        list(series.exemplars),
    )
