"""What is learned of spans when they come: metrics, and what they tell of their messages. They themselves stay packed.

Most spans are never looked at, and to make rows of them took two thirds of the collector's time. So they are kept as
they came, and unpacked when somebody asks for that time (`Store.unpack`).
"""

from collections.abc import Iterable

from veigo.telemetry import packed
from veigo.telemetry.measurements import Series
from veigo.telemetry.rows import Batch, PackedSpans
from veigo.telemetry.seen import Seen
from veigo.telemetry.sends import Sends
from veigo.telemetry.span_metrics import SpanMetrics
from veigo.telemetry.span_rows import MESSAGE_ID, part_of
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
        for resource, spans in tellings:
            again = self.seen.again
            new = list(filter(self.seen.is_new, spans))
            if not new:
                continue
            self._metrics.take(node_of(resource), new)
            self._sends.take(new)
            for told in new:
                message_id = told.attributes.get(MESSAGE_ID)
                if message_id is not None and (part := part_of(told, str(message_id))) is not None:
                    batch.messages.append(part)
            kept = body if body is not None and self.seen.again == again else packed.body_of(resource, new)
            began = [told.began_ns for told in new]
            batch.packed.append(PackedSpans(min(began) // 1000, max(began) // 1000, len(new), kept))
        return batch

    def told(self, at_us: int) -> Iterable[tuple[str, str, Series]]:
        """What they amount to: node, metric and series."""
        yield from self._metrics.told(at_us)
        yield from self._sends.told(at_us)
