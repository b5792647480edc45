"""The script of a conversation: who is in which room, who says what, and when they mean to say it.

It is written before anybody speaks. The load is therefore open: a slow stack does not slow down those who talk to it,
and latency counts from the time a line was meant for. (A closed loop, in which everybody waits for their answer before
they go on, hides exactly the stalls one wants to see: coordinated omission.)

The same seed writes the same script, save for the message ids, which must be new in every run.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from veigo.workloads.phrases import phrase

USERS_MIN = 3
# One user in so many talks in two rooms, so that rooms overlap and sockets carry more than one.
IN_TWO_ROOMS_EVERY = 3
LINES_MAX = 1_000_000


class UnplayableShapeError(ValueError):
    """The numbers asked for make no conversation; the message says which to change."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How many, for how long, how fast."""

    users: int = 12
    rooms: int = 3
    seconds: float = 20
    rate: float = 50

    def __post_init__(self) -> None:
        for complaint, wrong in {
            f"at least {USERS_MIN} users are needed (two to talk, one to be kept out); raise --users": self.users
            < USERS_MIN,
            "at least one room is needed; raise --rooms": self.rooms < 1,
            "each room needs two members beside the one kept out; lower --rooms or raise --users": self.users - 1
            < 2 * self.rooms,
            "there must be something to say; raise --seconds or --rate": self.lines < 1,
            f"a script has at most {LINES_MAX} lines; lower --seconds or --rate": self.lines > LINES_MAX,
        }.items():
            if wrong:
                raise UnplayableShapeError(complaint)

    @property
    def lines(self) -> int:
        """How many messages that makes."""
        return round(self.rate * self.seconds)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is in which room: for each room the numbers of its members, the one who makes it first.

    The outsider is no member of the first room, and the one who tries to get in. With more than one room they are a
    member of the last, so that their socket is known to work.
    """

    rooms: tuple[tuple[int, ...], ...]
    outsider: int

    def rooms_of(self, user: int) -> list[int]:
        """The rooms a user is a member of."""
        return [room for room, members in enumerate(self.rooms) if user in members]


@dataclass(frozen=True, slots=True)
class Line:
    """One message that somebody means to send."""

    at_s: float
    user: int
    room: int
    message_id: str
    content: str


def cast(shape: Shape) -> Cast:
    """Give every user a room, and every third one a second."""
    rooms: list[list[int]] = [[] for _ in range(shape.rooms)]
    outsider = shape.users - 1
    for user in range(outsider):
        rooms[user % shape.rooms].append(user)
        if shape.rooms > 1 and user % IN_TWO_ROOMS_EVERY == 0:
            rooms[(user + 1) % shape.rooms].append(user)
    if shape.rooms > 1:
        rooms[-1].append(outsider)
    return Cast(tuple(tuple(members) for members in rooms), outsider)


def script(shape: Shape, people: Cast, rng: random.Random, new_id: Callable[[], str]) -> list[Line]:
    """Write the lines in the order of their times.

    People do not take turns, so the times are independent: a Poisson process that has exactly as many lines as asked.
    """
    lines = []
    for _ in range(shape.lines):
        room = rng.randrange(shape.rooms)
        user = rng.choice(people.rooms[room])
        lines.append(Line(rng.uniform(0, shape.seconds), user, room, new_id(), phrase(rng)))
    return sorted(lines, key=attrgetter("at_s"))


def attempts_s(shape: Shape, count: int = 4) -> list[float]:
    """When the outsider tries to get in: spread over the conversation, first when it begins."""
    return [shape.seconds * number / count for number in range(count)]
