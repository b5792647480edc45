"""What people do in their rooms, one act after the other, for as long as anybody asks: written from a seed, never done.

A conversation has as many lines as were asked for (``script.py``). Here nobody knows beforehand how long it will take
a stack to recover, so the acts have no end, and who carries them out stops when they have seen enough. The load is open
all the same: an act has its time whatever became of those before it.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from veigo.workloads.phrases import phrase

# Of a hundred messages: enough for every rule about them to be put to the test, too few to be the load.
EDITED_OF_100 = 5
DELETED_OF_100 = 3
READ_OF_100 = 4
COMES_OR_GOES_OF_100 = 0.5
# People who do not try a second time; what became of their message they will never know.
IMPATIENT_OF_100 = 25


class Doing(StrEnum):
    """What somebody does."""

    SEND = "send"
    EDIT = "edit"  # the newest message of their own
    DELETE = "delete"  # the same
    READ = "read"
    COME_OR_GO = "come or go"  # the room's visitor is let in, or leaves, or is removed


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody does at some time."""

    at_s: float
    doing: Doing
    user: int
    room: int
    message_id: str = ""
    content: str = ""
    patient: bool = True


def acts(
    speakers: tuple[tuple[int, ...], ...], sends_per_s: float, rng: random.Random, new_id: Callable[[], str]
) -> Iterator[Act]:
    """Write acts in the order of their times, without end.

    Args:
        speakers: for each room the numbers of those who speak in it.
        sends_per_s: messages a second in all rooms together, as a Poisson process: people do not take turns.
        rng: who does what, and when.
        new_id: makes a message's id, new in every run.
    """
    at_s = 0.0
    while True:
        at_s += rng.expovariate(sends_per_s)
        room = rng.randrange(len(speakers))
        user = rng.choice(speakers[room])
        yield Act(at_s, Doing.SEND, user, room, new_id(), phrase(rng), rng.uniform(0, 100) >= IMPATIENT_OF_100)
        chance = rng.uniform(0, 100)
        for doing, share in _BESIDES:
            if chance < share:
                yield Act(at_s, doing, user, room, content=phrase(rng) if doing is Doing.EDIT else "")
                break
            chance -= share


_BESIDES = (
    (Doing.EDIT, EDITED_OF_100),
    (Doing.DELETE, DELETED_OF_100),
    (Doing.READ, READ_OF_100),
    (Doing.COME_OR_GO, COMES_OR_GOES_OF_100),
)
