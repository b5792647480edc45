"""From raw figures to what the table says. Pure.

A ratio is made within each repetition, whose sides ran right after each other; the score is the median of those, with
the smallest and the largest beside it. Fewer repetitions than five, or a single void one, and nothing is scored.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.measure import Figures, Goal, Measure, Ratio

REPETITIONS_MIN = 5


class Standing(StrEnum):
    """How a ratio stands to its goal."""

    REACHED = "reached"
    NOT_REACHED = "not reached"
    TOLD = "no goal"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Repetition:
    """One round through all sides: in which order, and what each found."""

    order: tuple[str, ...]
    figures: dict[str, Figures]


@dataclass(frozen=True, slots=True)
class Taken:
    """All of a measure's repetitions; `why_not` says why there are no more, empty when nothing went wrong."""

    repetitions: tuple[Repetition, ...]
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """What became of one ratio.

    Attributes:
        over: the median of what stands above the line, in the figure's unit; `under`, below it.
        values: the ratio in each repetition.
        why_not: why it was not measured.
    """

    standing: Standing
    values: tuple[float, ...] = ()
    over: float | None = None
    under: float | None = None
    why_not: str = ""

    @property
    def median(self) -> float | None:
        """The score."""
        return statistics.median(self.values) if self.values else None

    @property
    def spread(self) -> tuple[float, float] | None:
        """The smallest and the largest of the repetitions."""
        return (min(self.values), max(self.values)) if self.values else None


def score(ratio: Ratio, taken: Taken) -> Score:
    """Score one ratio."""
    if taken.why_not:
        return Score(Standing.NOT_MEASURED, why_not=taken.why_not)
    sums = [_sums(ratio, one.figures) for one in taken.repetitions]
    if zeros := sum(1 for _, under in sums if under <= 0):
        return Score(Standing.NOT_MEASURED, why_not=f"nothing stood below the line in {zeros} repetitions")
    values = tuple(over / under for over, under in sums)
    overs, unders = [over for over, _ in sums], [under for _, under in sums]
    if len(values) < REPETITIONS_MIN:
        why = f"{len(values)} repetitions, and it takes {REPETITIONS_MIN}"
        return Score(Standing.NOT_MEASURED, values, _median(overs), _median(unders), why)
    return Score(standing_of(statistics.median(values), ratio.goal), values, _median(overs), _median(unders))


def scores(measure: Measure, taken: Taken) -> dict[str, Score]:
    """Score every ratio of a measure."""
    return {ratio.name: score(ratio, taken) for ratio in measure.ratios}


def standing_of(median: float, goal: Goal | None) -> Standing:
    """Hold a median to its goal."""
    if goal is None:
        return Standing.TOLD
    return Standing.REACHED if goal.is_met(median) else Standing.NOT_REACHED


def _sums(ratio: Ratio, figures: dict[str, Figures]) -> tuple[float, float]:
    over = sum(figures[side][ratio.figure] for side in ratio.over)
    return over, sum(figures[side][ratio.under_figure or ratio.figure] for side in ratio.under)


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None
