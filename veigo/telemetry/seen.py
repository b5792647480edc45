"""What came before: a bounded memory of the newest, because everything may be told twice.

A request whose answer was lost is sent again, what a killed process left is sent by another one, and a record that is
read anew makes the same spans. Only the first counts.
"""

from collections.abc import Iterable

from spans.packed import Report

GENERATION = 50_000  # one to two of them are remembered: of what is told at full load 30 s, 7 MB


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
    """What was told."""

    def __init__(self, generation: int = GENERATION) -> None:
        self.again = 0  # what had been told before
        self._recent = Recent(generation)

    def new(self, node: str, told: Iterable[Report]) -> list[Report]:
        """What of a node's telling comes for the first time."""
        came, add = list(told), self._recent.add
        new = [one for one in came if add(one.key(node))]
        self.again += len(came) - len(new)
        return new
