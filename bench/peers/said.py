"""What a block of messages came to: written at a steady rate, heard by every socket, and timed."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass

from bench.blocks import at_a_rate, figures_of
from bench.measure import Figures, Void
from bench.peers.listener import Heard, Listener, require_all

Write = Callable[[int], Coroutine[None, None, None]]  # has the message of that number said

HEARD_WITHIN_S = 15.0
_numbers = itertools.count(1)  # every message of a run has one of its own


@dataclass(frozen=True, slots=True)
class Said:
    """One block's messages.

    Attributes:
        intended_ns: when each number was meant to be written, by the monotonic clock.
        heard: when each reached which socket.
    """

    intended_ns: Mapping[int, int]
    heard: Heard

    @property
    def delivered_ms(self) -> list[float]:
        """From the intended time to a socket, of every delivery."""
        return [
            (at_ns - self.intended_ns[number]) / 1e6
            for number, arrivals in self.heard.arrivals.items()
            for at_ns in arrivals
        ]

    def last_ms(self, since_ns: Mapping[int, int]) -> list[float]:
        """From some moment to the last socket, of every message."""
        return [(max(arrivals) - since_ns[number]) / 1e6 for number, arrivals in self.heard.arrivals.items()]

    @property
    def figures(self) -> Figures:
        """Both, as percentiles."""
        return figures_of(self.delivered_ms) | figures_of(self.last_ms(self.intended_ns), "last_")


async def said(listener: Listener, write: Write, per_s: float, seconds: float) -> Said:
    """Write at a steady rate, whatever becomes of it, and wait until every socket has everything.

    Raises:
        Void: something is missing, came twice, or was not sent in this block.
    """
    await listener.begin()
    intended_ns = await written(write, per_s, seconds)
    return await heard_out(listener, intended_ns)


async def heard_out(listener: Listener, intended_ns: Mapping[int, int]) -> Said:
    """Wait until every socket has these messages.

    Raises:
        Void: as `said`.
    """
    await listener.until(len(intended_ns) * listener.sockets, HEARD_WITHIN_S)
    heard = await listener.end()
    require_all(heard, intended_ns, listener.sockets)
    return Said(intended_ns, heard)


def numbers(count: int) -> list[int]:
    """Numbers that no message of this run has yet."""
    return list(itertools.islice(_numbers, count))


async def written(write: Write, per_s: float, seconds: float) -> dict[int, int]:
    """Write at a steady rate, whoever hears it; when each number was meant to be written.

    Raises:
        Void: one was not accepted.
    """
    intended: dict[int, int] = {}
    try:
        async with asyncio.TaskGroup() as writes:
            async for at_ns in at_a_rate(per_s, seconds):
                (number,) = numbers(1)
                intended[number] = at_ns
                writes.create_task(write(number))
    except* Void as failed:
        raise failed.exceptions[0] from None
    return intended
