"""Straight lines through measured points, and words for how far they are straight. Pure."""

import statistics
from collections.abc import Sequence

import msgspec

LINEAR_R2_MIN = 0.98
FLAT_CHANGE_MAX = 0.2  # over the whole range, of the level it starts from
BEND_MIN = 0.25  # a slope between two neighbours that leaves the first ones' by this much is a bend


class Fit(msgspec.Struct, frozen=True):
    """A least-squares line.

    Attributes:
        slope: cost for one more.
        intercept: cost of none.
        r2: the part of the variance that the line explains, 0 to 1.
        shape: flat, linear or neither.
        until: where it stops being so, when it does within what was measured.
    """

    slope: float
    intercept: float
    r2: float
    shape: str
    until: float | None


def fit(points: Sequence[tuple[float, float]]) -> Fit:
    """Fit a line to (how many, cost); there are three points or more, sorted."""
    xs, ys = zip(*points, strict=True)
    slope, intercept = statistics.linear_regression(xs, ys)
    spread = sum((y - statistics.fmean(ys)) ** 2 for y in ys)
    missed = sum((y - intercept - slope * x) ** 2 for x, y in points)
    r2 = 1 - missed / spread if spread else 1.0
    change = abs(slope) * (xs[-1] - xs[0]) / abs(ys[0]) if ys[0] else float("inf")
    if change <= FLAT_CHANGE_MAX:
        return Fit(slope, intercept, r2, "flat", None)
    if r2 >= LINEAR_R2_MIN:
        return Fit(slope, intercept, r2, "linear", None)
    return Fit(slope, intercept, r2, "neither", _bend(points))


def _bend(points: Sequence[tuple[float, float]]) -> float | None:
    """Return the first place from which a line through all points before misses the next one by much."""
    for end in range(3, len(points)):
        xs, ys = zip(*points[:end], strict=True)
        slope, intercept = statistics.linear_regression(xs, ys)
        x, y = points[end]
        expected = intercept + slope * x
        if abs(y - expected) > BEND_MIN * max(abs(expected), 1e-9):
            return float(xs[-1])
    return None


def medians(samples: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the median cost at each count, sorted by count."""
    by_count: dict[float, list[float]] = {}
    for count, cost in samples:
        by_count.setdefault(count, []).append(cost)
    return [(count, statistics.median(costs)) for count, costs in sorted(by_count.items())]
