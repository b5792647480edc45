"""What the collector measures of itself: what waits, what it refused and lost, what came twice."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from veigo.telemetry.measurements import Series

if TYPE_CHECKING:
    from veigo.telemetry.collector import Collector

NODE = "collector"


class Figure(NamedTuple):
    """One of them."""

    metric: str
    kind: str
    about: str
    value: float


def figures(collector: "Collector") -> Iterable[Figure]:
    """As they are now."""
    buffer = collector.buffer
    yield Figure("veigo.collector.waiting", "gauge", "Rows that are not written yet.", buffer.waiting)
    yield Figure("veigo.collector.received", "counter", "Rows that were taken in.", buffer.received)
    yield Figure("veigo.collector.refused", "counter", "Requests that found the buffer full.", buffer.refused)
    yield Figure("veigo.collector.lost", "counter", "Rows that the store would not take.", buffer.lost)
    yield Figure("veigo.collector.again", "counter", "Spans that had come before.", collector.spans.seen.again)
    if collector.forwarding is not None:
        dropped = collector.forwarding.dropped
        yield Figure("veigo.collector.not_handed_on", "counter", "Requests another backend did not take.", dropped)


def told(collector: "Collector", at_us: int) -> Iterable[tuple[str, str, Series]]:
    """Node, metric and series of each."""
    for metric, kind, about, value in figures(collector):
        yield NODE, metric, Series(kind, "", about, {}, at_us, float(value))
