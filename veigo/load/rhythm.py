"""When one virtual person does what: thinking, then typing, then sending, and what they do besides. Pure.

The times are drawn before anybody acts, and nobody's answer moves them: somebody whose stack is slow has several sends
under way. That is what keeps the measurement open (no coordinated omission).
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from veigo.workloads.phrases import phrase


class Doing(StrEnum):
    """What a person does."""

    SEND = "send"
    EDIT = "edit"  # the newest message of their own
    READ = "read"  # the room's history
    CUT = "cut"  # lose the connection, as in a tunnel, and come back


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often somebody speaks, and what else they do.

    Attributes:
        every_s: seconds from one message of a person to their next, on average; typing is part of it.
        characters_per_s: how fast they type. It bounds how soon a message can follow another, as a long one takes long.
        edits, reads, cuts: of a hundred messages, how many are followed by one of these.
        long_messages: the share of messages that are as long as they may be.
    """

    every_s: float
    characters_per_s: float = 12.0
    edits: float = 4.0
    reads: float = 10.0
    cuts: float = 0.0
    long_messages: float = 0.002

    def __post_init__(self) -> None:
        if self.every_s <= 0 or self.characters_per_s <= 0:
            message = f"nobody can act by {self!r}: every_s and characters_per_s must be above 0"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a person does, at a time counted from their arrival."""

    at_s: float
    doing: Doing
    content: str = ""


TYPED_S_MAX = 20.0  # who has more to say had prepared it
BESIDES_AFTER_S = 1.5  # what follows a message follows it soon


def acts(rhythm: Rhythm, rng: random.Random, pace: Callable[[float], float] = lambda _: 1.0) -> Iterator[Act]:
    """Draw a person's acts in the order of their times, without end.

    Args:
        rhythm: theirs.
        rng: theirs alone, so that nobody's acts depend on who else is there.
        pace: how many times faster than their rhythm they go, by the seconds since they arrived.
    """
    at_s = -rng.uniform(0, rhythm.every_s)  # they had been talking elsewhere; not all begin at once
    besides: Act | None = None
    while True:
        content = phrase(rng, long_share=rhythm.long_messages)
        typing_s = min(len(content) / rhythm.characters_per_s, TYPED_S_MAX, rhythm.every_s / 2)
        thinking_s = rng.expovariate(1 / (rhythm.every_s - typing_s))
        at_s += (thinking_s + typing_s) / pace(max(at_s, 0.0))
        if at_s < 0:
            continue
        if besides is not None:
            yield replace(besides, at_s=min(besides.at_s, at_s))
        yield Act(at_s, Doing.SEND, content)
        besides = _besides(rhythm, rng, at_s + BESIDES_AFTER_S / pace(at_s))


def _besides(rhythm: Rhythm, rng: random.Random, at_s: float) -> Act | None:
    chance = rng.uniform(0, 100)
    for doing, of_100 in ((Doing.EDIT, rhythm.edits), (Doing.READ, rhythm.reads), (Doing.CUT, rhythm.cuts)):
        if chance < of_100:
            return Act(at_s, doing, phrase(rng, long_share=0) if doing is Doing.EDIT else "")
        chance -= of_100
    return None
