"""What came before: a bounded memory of the newest, because everything may be told twice.

A request whose answer was lost is sent again, what a killed process left is sent by another one, and a record that is
read anew makes the same spans. Only the first counts.
"""

from veigo.telemetry.told import Told

GENERATION = 50_000  # one to two of them are remembered: of spans more than 10 s of full load, 7 MB


class Recent:
    """Two generations of keys: the one that grows, and the one before it."""

    def __init__(self, generation: int = GENERATION) -> None:
        self._size = generation
        self._now: set[int] = set()
        self._before: set[int] = set()

    def add(self, key: object) -> bool:
        """Remember a key, and say whether it is new, as far as is remembered."""
        hashed = hash(key)  # 64 bits, keyed: of 100,000 no two are alike
        if hashed in self._now or hashed in self._before:
            return False
        self._now.add(hashed)
        if len(self._now) >= self._size:
            self._before, self._now = self._now, set()
        return True


class Seen:
    """The spans that came."""

    def __init__(self, generation: int = GENERATION) -> None:
        self.again = 0  # those that had come before
        self._recent = Recent(generation)

    def is_new(self, told: Told) -> bool:
        """Whether this span comes for the first time."""
        new = self._recent.add((told.trace_id, told.span_id))
        self.again += not new
        return new
