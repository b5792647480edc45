"""What a scoreboard found, in `bench/results/<date>.json`: every raw figure, and what each was scored as.

Measures that were taken by several commands of one day stand in one file; each says of which sources, with which seed
and when. Taken again, a measure replaces what it was.
"""

from datetime import date, datetime
from pathlib import Path

import msgspec

from bench import day_files
from bench.day_files import FOLDER
from bench.measure import Figures, Goal, Measure
from bench.scoring import Score, Standing, Taken, scores


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One ratio, as the table shows it; `over` and `under` are medians in the figure's unit."""

    name: str
    over: tuple[str, ...]
    under: tuple[str, ...]
    figure: str
    under_figure: str
    goal: str
    standing: Standing
    median: float | None
    spread: tuple[float, float] | None
    values: tuple[float, ...]
    over_median: float | None
    under_median: float | None
    why_not: str


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One repetition, raw."""

    order: tuple[str, ...]
    figures: dict[str, Figures]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One measure."""

    question: str
    note: str
    sides: dict[str, str]
    at: str
    commit: str
    seed: int
    size: float
    versions: dict[str, str]
    lines: tuple[Line, ...]
    repetitions: tuple[Round, ...]


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """One day's scoreboard."""

    date: str
    machine: dict[str, str | int]
    versions: dict[str, str]
    measures: dict[str, Result]


def result(measure: Measure, found: Taken, *, at: datetime, commit: str, seed: int, size: float) -> Result:
    """Put down one measure; what was taken at another size than 1 was a try and is no result."""
    tried = "" if size == 1 else f"a try at {size:g} of the size"
    scored = scores(measure, found if found.why_not or not tried else Taken(found.repetitions, tried))
    return Result(
        question=measure.question,
        note=measure.note,
        sides=dict(measure.sides),
        at=at.isoformat(timespec="seconds"),
        commit=commit,
        seed=seed,
        size=size,
        versions=dict(measure.versions),
        lines=tuple(
            _line(ratio.name, ratio.over, ratio.under, ratio.figure, ratio.under_figure, ratio.goal, scored[ratio.name])
            for ratio in measure.ratios
        ),
        repetitions=tuple(Round(order=one.order, figures=one.figures) for one in found.repetitions),
    )


def _line(
    name: str,
    over: tuple[str, ...],
    under: tuple[str, ...],
    figure: str,
    under_figure: str,
    goal: Goal | None,
    scored: Score,
) -> Line:
    return Line(
        name=name,
        over=over,
        under=under,
        figure=figure,
        under_figure=under_figure or figure,
        goal=str(goal) if goal else "",
        standing=scored.standing,
        median=scored.median,
        spread=scored.spread,
        values=scored.values,
        over_median=scored.over,
        under_median=scored.under,
        why_not=scored.why_not,
    )


def merged(before: Results | None, now: Results) -> Results:
    """Put what was found now beside what the same day had found before on the same kind of machine."""
    if before is None or before.machine != now.machine:
        return now
    return Results(
        date=now.date,
        machine=now.machine,
        versions=now.versions,
        measures=dict(sorted((before.measures | now.measures).items())),
    )


def path_of(day: date, folder: Path = FOLDER) -> Path:
    """Where a day's results are."""
    return folder / f"{day.isoformat()}.json"


def read(path: Path) -> Results:
    """Read results.

    Raises:
        StackError: the file holds none.
    """
    return day_files.read(path, Results, "no results of `python -m bench`")


def newest(folder: Path = FOLDER) -> Path:
    """The newest results.

    Raises:
        StackError: there are none.
    """
    return day_files.newest(folder, "", f"there are no results in {folder}; `make bench` makes some")


def write(results: Results, path: Path) -> None:
    """Write results; whatever interrupts it, no half of them is left."""
    day_files.write(results, path, indent=1)
