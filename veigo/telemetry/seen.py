"""Which spans came before: a bounded memory of the newest, because everything may be told twice.

Two readers of one record tell the same hops, a request whose answer was lost is sent again, and what a killed process
left is sent by another one. Only the first counts.
"""

from veigo.telemetry.otlp import Told

GENERATION = 50_000  # spans; one to two of them are remembered: more than 10 s of full load, 7 MB


class Seen:
    """Two generations of spans: the one that grows, and the one before it."""

    def __init__(self, generation: int = GENERATION) -> None:
        self.again = 0  # spans that had come before
        self._size = generation
        self._now: set[int] = set()
        self._before: set[int] = set()

    def is_new(self, told: Told) -> bool:
        """Whether this span comes for the first time, as far as is remembered."""
        key = hash((told.trace_id, told.span_id))  # 64 bits, keyed: of 100,000 no two are alike
        if key in self._now or key in self._before:
            self.again += 1
            return False
        self._now.add(key)
        if len(self._now) >= self._size:
            self._before, self._now = self._now, set()
        return True
