"""Rate, errors and duration of every edge and hop, derived from the spans that arrive: the services pay nothing for it.

Each series is a histogram over one kind of span of one node, with the newest trace of each bucket as its exemplar.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable

from spans.packed import Report
from spans.told import Timed, TracePart
from veigo.telemetry.measurements import Exemplar, Series
from veigo.telemetry.told import kind_of

METRIC = "veigo.span.duration"
ABOUT = "How long spans took, by what they are; their number is their rate."
FAILED = "veigo.span.failed"
FAILED_ABOUT = "Spans that failed."
BOUNDS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
BOUNDS_NS = tuple(round(bound * 1e9) for bound in BOUNDS_S)


class Tally:
    """What one kind of span of one node came to."""

    __slots__ = ("buckets", "failed", "labels", "newest", "node", "sum_ns")

    def __init__(self, node: str, name: str, kind: int) -> None:
        self.node = node
        self.labels: dict[str, object] = {"span": name, "kind": kind_of(kind)}
        self.buckets = [0] * (len(BOUNDS_S) + 1)
        self.newest: dict[int, tuple[Report, int]] = {}  # by bucket: which of the spans of what was told
        self.sum_ns = 0
        self.failed = 0

    def durations(self, at_us: int) -> Series:
        """As a histogram, with its exemplars."""
        exemplars = [exemplar_of(told.part(self.node), which) for told, which in self.newest.values()]
        count, buckets = sum(self.buckets), tuple(self.buckets)
        value = self.sum_ns / 1e9
        return Series("histogram", "s", ABOUT, self.labels, at_us, value, count, BOUNDS_S, buckets, exemplars)

    def failures(self, at_us: int) -> Series:
        """As a counter."""
        return Series("counter", "", FAILED_ABOUT, self.labels, at_us, float(self.failed))


class SpanMetrics:
    """One tally for each node, name and kind of span. Names are those of operations, so there are few."""

    def __init__(self) -> None:
        self._nodes: defaultdict[str, dict[tuple[str, int], Tally]] = defaultdict(dict)

    def take(self, node: str, told: Iterable[Report], times: Iterable[Iterable[Timed]]) -> None:
        """Count a node's spans in: what was told, and the times of each of it."""
        tallies = self._nodes[node]
        for one, spans in zip(told, times, strict=True):
            for which, (name, kind, began_ns, ended_ns, ok) in enumerate(spans):
                tally = tallies.get((name, kind))
                if tally is None:
                    tally = tallies[name, kind] = Tally(node, name, kind)
                took_ns = ended_ns - began_ns
                bucket = bisect_left(BOUNDS_NS, took_ns)
                tally.buckets[bucket] += 1
                tally.newest[bucket] = one, which
                tally.sum_ns += took_ns
                tally.failed += not ok

    def told(self, at_us: int) -> Iterable[tuple[str, str, Series]]:
        """Every series as it is now: node, metric, and a copy that later spans do not change."""
        for node, tallies in self._nodes.items():
            for tally in tallies.values():
                yield node, METRIC, tally.durations(at_us)
        for node, tallies in self._nodes.items():
            for tally in tallies.values():
                yield node, FAILED, tally.failures(at_us)


def exemplar_of(part: TracePart, which: int) -> Exemplar:
    """One of its spans as an exemplar."""
    span = part.spans[which]
    return Exemplar((span.ended_ns - span.began_ns) / 1e9, span.ended_ns // 1000, part.trace_id, span.span_id)


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
