"""What a measure is: a question, the sides it compares, and the ratios that answer it.

A file of `bench/measures/` holds one, and `python -m bench NAME` carries it out:

    measure = Measure(
        name="authorization",
        question="How much longer does a decision take than a round trip that decides nothing?",
        sides={"ours": "a decision by OPA", "nothing": "OPA's health page"},
        ratios=(Ratio("p50", over=("ours",), under=("nothing",), figure="p50_ms", goal=Goal(at_most=1.1)),),
        opened=opened,  # gives an async callable for each side; one call is one repetition
    )
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TypeAlias

from bench.site import Site

Figures: TypeAlias = dict[str, float]  # one repetition of one side; the unit ends the name: `p50_ms`, `sends_per_s`
Repeat: TypeAlias = Callable[[], Awaitable[Figures]]
Opened: TypeAlias = Callable[[Site], AbstractAsyncContextManager[Mapping[str, Repeat]]]
Build: TypeAlias = Callable[[], Awaitable[None]]


class Void(Exception):  # noqa: N818 - what the measurement is
    """The repetition counts for nothing: something was lost, came twice or out of order, or was not done at all."""


class Unable(Exception):  # noqa: N818 - a state of things
    """This machine cannot measure it; the message says what is missing and how to get it."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a ratio must come to: at most, or at least, so much."""

    at_most: float | None = None
    at_least: float | None = None

    def __post_init__(self) -> None:
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("a goal is either `at_most` or `at_least`")

    def is_met(self, ratio: float) -> bool:
        """Whether a ratio is good enough."""
        if self.at_most is not None:
            return ratio <= self.at_most
        return self.at_least is not None and ratio >= self.at_least

    def __str__(self) -> str:
        return f"≤ {self.at_most:g}" if self.at_most is not None else f"≥ {self.at_least:g}"


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure of some sides, added up, by the same figure of others, in one and the same repetition.

    Attributes:
        name: what it is the ratio of, short: `p50`, `p99 in rooms of 100`.
        over: the sides above the line; more than one are added.
        under: the sides below it.
        figure: of each side.
        goal: what it must come to; None when it is only told.
        under_figure: the figure below the line, when it goes by another name there.
    """

    name: str
    over: tuple[str, ...]
    under: tuple[str, ...]
    figure: str
    goal: Goal | None = None
    under_figure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One question of the scoreboard.

    Attributes:
        name: of its file and on the command line.
        question: one sentence.
        sides: what is compared, and what each does.
        ratios: what is made of their figures.
        opened: makes ready what the sides need, gives them, and clears up.
        needs_stack: whether a running stack is needed.
        build: makes what is needed beside it; the only part that may use the network beyond this machine.
        versions: of what is measured beside the stack.
        note: what a reader must know about how it was measured.
        within_s: how long one repetition of one side may take.
    """

    name: str
    question: str
    sides: Mapping[str, str]
    ratios: tuple[Ratio, ...]
    opened: Opened
    needs_stack: bool = True
    build: Build | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    within_s: float = 60.0


def problems_of(measure: Measure) -> list[str]:
    """What is wrong with the way a measure is written; nothing, as a rule."""
    named = {side for ratio in measure.ratios for side in (*ratio.over, *ratio.under)}
    found = [f"ratio over {side!r}, which is no side" for side in sorted(named - set(measure.sides))]
    found += [f"side {side!r} is in no ratio" for side in sorted(set(measure.sides) - named)]
    if len({ratio.name for ratio in measure.ratios}) != len(measure.ratios):
        found.append("two ratios of one name")
    if not measure.question.endswith("?"):
        found.append("its question is none: let it end in a question mark")
    return found
