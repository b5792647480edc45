"""How many people there are at which time: a curve over the run, in shares of both. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Curve:
    """Points from (share of the run, share of the people) to the next, joined by straight lines."""

    points: Sequence[tuple[float, float]]

    def __post_init__(self) -> None:
        times = [at for at, _ in self.points]
        shares = [share for _, share in self.points]
        rising = all(left < right for left, right in pairwise(times))
        if len(times) < 2 or times[0] != 0 or times[-1] != 1 or not rising:
            message = f"a curve goes from 0 to 1 in rising steps; {self.points} does not"
            raise ValueError(message)
        if min(shares) < 0 or max(shares) != 1:
            message = f"a curve's people are shares, and at some time all of them are there; {self.points} differs"
            raise ValueError(message)

    def people(self, at_s: float, seconds: float, people: int) -> int:
        """How many are there at a time of a run that is so long, of so many at most."""
        at = min(max(at_s / seconds, 0.0), 1.0)
        for (left, low), (right, high) in pairwise(self.points):
            if at <= right:
                return round(people * (low + (high - low) * (at - left) / (right - left)))
        return round(people * self.points[-1][1])


AT_ONCE = Curve([(0, 1), (1, 1)])
COME_AND_STAY = Curve([(0, 0.1), (0.2, 1), (1, 1)])
COME_AND_GO = Curve([(0, 0.05), (0.4, 1), (0.7, 1), (1, 0.2)])
