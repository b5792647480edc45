"""Rate, errors and duration of every edge and hop, derived from the spans that arrive: the services pay nothing for it.

Each series is a histogram over one kind of span of one node, with the newest trace of each bucket as its exemplar.
"""

import bisect
from collections.abc import Iterable

from veigo.telemetry.measurements import Exemplar, Series
from veigo.telemetry.told import Told, kind_of

METRIC = "veigo.span.duration"
ABOUT = "How long spans took, by what they are; their number is their rate."
FAILED = "veigo.span.failed"
FAILED_ABOUT = "Spans that failed."
BOUNDS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
BOUNDS_NS = tuple(round(bound * 1e9) for bound in BOUNDS_S)


class Tally:
    """What one kind of span of one node came to."""

    __slots__ = ("buckets", "failed", "labels", "newest", "sum_ns")

    def __init__(self, span: Told) -> None:
        self.labels: dict[str, object] = {"span": span.name, "kind": kind_of(span)}
        self.buckets = [0] * (len(BOUNDS_S) + 1)
        self.newest: dict[int, Told] = {}  # by bucket
        self.sum_ns = 0
        self.failed = 0

    def durations(self, at_us: int) -> Series:
        """As a histogram, with its exemplars."""
        exemplars = [
            Exemplar((one.ended_ns - one.began_ns) / 1e9, one.ended_ns // 1000, one.trace_id, one.span_id)
            for one in self.newest.values()
        ]
        count, buckets = sum(self.buckets), tuple(self.buckets)
        value = self.sum_ns / 1e9
        return Series("histogram", "s", ABOUT, self.labels, at_us, value, count, BOUNDS_S, buckets, exemplars)

    def failures(self, at_us: int) -> Series:
        """As a counter."""
        return Series("counter", "", FAILED_ABOUT, self.labels, at_us, float(self.failed))


class SpanMetrics:
    """One tally for each node and name of span. Names are those of operations, so there are few."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[str, str, int], Tally] = {}

    def take(self, node: str, spans: Iterable[Told]) -> None:
        """Count a node's spans in."""
        for span in spans:
            key = (node, span.name, span.kind)
            tally = self._tallies.get(key)
            if tally is None:
                tally = self._tallies[key] = Tally(span)
            took_ns = span.ended_ns - span.began_ns
            bucket = bisect.bisect_left(BOUNDS_NS, took_ns)
            tally.buckets[bucket] += 1
            tally.newest[bucket] = span
            tally.sum_ns += took_ns
            tally.failed += not span.ok

    def told(self, at_us: int) -> Iterable[tuple[str, str, Series]]:
        """Every series as it is now: node, metric, and a copy that later spans do not change."""
        for (node, _, _), tally in self._tallies.items():
            yield node, METRIC, tally.durations(at_us)
        for (node, _, _), tally in self._tallies.items():
            yield node, FAILED, tally.failures(at_us)


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
