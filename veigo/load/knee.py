"""Where a stack breaks: the knee of its curve of latency over load. Pure.

A step holds when the stack did nearly all that was asked of it, and not much more slowly than when it had little to
do. One that does not, between two that do, is a hiccup; two in a row are where it broke, and the last one that held
before them is the knee.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

ACHIEVED_SHARE_MIN = 0.95
SLOWER_THAN_AT_FIRST_MAX = 10.0
# Below it nobody minds, however fast an idle stack was.
TOLERATED_P99_MS = 250.0
MESSAGES_MIN = 20  # of a step; fewer say nothing


class Broke(StrEnum):
    """How a step did not hold."""

    ACHIEVED = "it did less than was asked"
    LATENCY = "it was too slow"
    GENERATOR = "the generator could not keep up"


@dataclass(frozen=True, slots=True)
class Step:
    """What a rate was met with.

    Attributes:
        offered_per_s: sends that were meant, a second.
        achieved_per_s: those that were acknowledged, by the time they were meant.
        p99_ms: from when a message was meant to when a member had it; None when none was delivered.
        messages: how many were meant.
        generator_kept_up: whether what is measured is the stack, and not whoever measures.
    """

    offered_per_s: float
    achieved_per_s: float
    p99_ms: float | None
    messages: int
    generator_kept_up: bool = True


@dataclass(frozen=True, slots=True)
class Knee:
    """What was found.

    Attributes:
        last_held: the fastest step before it broke; None when already the first one did.
        broken: the first of those that broke it; None when it did not.
        how: in which way it broke.
    """

    last_held: Step | None
    broken: Step | None = None
    how: Broke | None = None

    def __str__(self) -> str:
        held = "" if self.last_held is None else _words(self.last_held)
        if self.broken is None:
            return f"no knee up to {held}" if held else "nothing was measured"
        broken = f"at {_words(self.broken)} {self.how}"
        return f"the knee is at {held}; {broken}" if held else f"already the first step broke: {broken}"


def knee(steps: Sequence[Step], *, more_to_come: bool = False) -> Knee:
    """Find the knee of steps given in rising order; those with too few messages are left out.

    Args:
        steps: what each was met with.
        more_to_come: whether the last of them may yet turn out to be a hiccup.
    """
    held: Step | None = None
    first_ms: float | None = None
    bad: tuple[Step, Broke] | None = None
    for step in steps:
        if step.messages < MESSAGES_MIN:
            continue
        how = _broke(step, first_ms)
        if how is None:
            first_ms = step.p99_ms if first_ms is None else first_ms
            held, bad = step, None
        elif bad is not None:
            return Knee(held, *bad)
        else:
            bad = step, how
    return Knee(held) if bad is None or more_to_come else Knee(held, *bad)


def _broke(step: Step, first_ms: float | None) -> Broke | None:
    # First of all: what a late generator measures says nothing of the stack, good or bad.
    if not step.generator_kept_up:
        return Broke.GENERATOR
    if step.achieved_per_s < ACHIEVED_SHARE_MIN * step.offered_per_s:
        return Broke.ACHIEVED
    slowest_ms = max(TOLERATED_P99_MS, SLOWER_THAN_AT_FIRST_MAX * (first_ms or 0.0))
    if step.p99_ms is None or step.p99_ms > slowest_ms:
        return Broke.LATENCY
    return None


def _words(step: Step) -> str:
    p99 = "nothing delivered" if step.p99_ms is None else f"p99 {step.p99_ms:.0f} ms"
    return f"{step.offered_per_s:.0f} messages/s ({step.achieved_per_s:.0f} achieved, {p99})"
