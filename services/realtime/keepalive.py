"""One wheel for everybody's pings: each second the sockets of one slot are asked whether they are still there. Pure.

A timer for each socket would cost a task and two wake-ups for each; ten thousand idle sockets cost one look at a list
a second here. A socket stays in its slot, so it is asked once a turn, and slots are filled evenly.
"""

import itertools
from typing import Generic

from services.realtime.actions import Socket


class Wheel(Generic[Socket]):
    """The sockets, spread over as many slots as a turn has seconds."""

    def __init__(self, turn_s: int) -> None:
        """Make a wheel whose turn takes `turn_s` seconds, when it is moved once a second."""
        self._slots: list[set[Socket]] = [set() for _ in range(turn_s)]
        self._slot_of: dict[Socket, int] = {}
        self._next = itertools.cycle(range(turn_s))
        self._hand = itertools.cycle(range(turn_s))

    def add(self, socket: Socket) -> None:
        """Take in a socket."""
        slot = next(self._next)
        self._slots[slot].add(socket)
        self._slot_of[socket] = slot

    def discard(self, socket: Socket) -> None:
        """Forget a socket."""
        slot = self._slot_of.pop(socket, None)
        if slot is not None:
            self._slots[slot].discard(socket)

    def move(self) -> list[Socket]:
        """Move on by a second and return whose turn it is."""
        return list(self._slots[next(self._hand)])
