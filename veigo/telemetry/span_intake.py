"""What is learned of spans when they come: metrics, and what they tell of their messages. They themselves stay packed.

Most spans are never looked at, and to make rows of them took two thirds of the collector's time. So they are kept as
they came, and unpacked when somebody asks for that time (`Store.unpack`).
"""

from collections.abc import Iterable

from spans import packed
from veigo.telemetry.measurements import Series
from veigo.telemetry.message_facts import told_of
from veigo.telemetry.rows import Batch, PackedSpans
from veigo.telemetry.seen import Seen
from veigo.telemetry.sends import Sends
from veigo.telemetry.span_metrics import SpanMetrics
from veigo.telemetry.told import Telling, node_of


class SpanIntake:
    """Where spans come in."""

    def __init__(self) -> None:
        self.seen = Seen()
        self._metrics = SpanMetrics()
        self._sends = Sends()

    def take(self, tellings: Iterable[Telling], body: bytes | None = None) -> Batch:
        """Take in those that are new; `body` is what they came in, if that was packed."""
        batch = Batch()
        for resource, told in tellings:
            node, again = node_of(resource), self.seen.again
            new = self.seen.new(node, told)
            if not new:
                continue
            times = [one.timed() for one in new]
            self._metrics.take(node, new, times)
            self._sends.take(new)
            batch.messages += filter(None, map(told_of, new))
            kept = body if body is not None and self.seen.again == again else packed.body_of(resource, new)
            began = [began_ns for spans in times for _, _, began_ns, _, _ in spans]
            batch.packed.append(PackedSpans(min(began) // 1000, max(began) // 1000, len(began), kept))
        return batch

    def told(self, at_us: int) -> Iterable[tuple[str, str, Series]]:
        """What they amount to: node, metric and series."""
        yield from self._metrics.told(at_us)
        yield from self._sends.told(at_us)
