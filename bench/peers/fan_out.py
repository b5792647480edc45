"""Fan-out, measured: how many deliveries a server makes of a second of processor time.

Every side gets the same sockets, the same number of messages at the same rate, and as many bytes for each. What counts
is the processor time of the server alone, all of its threads, from the first message until the last socket has the last
one: so what it takes to be told of a message is in it, at the floor too little to matter.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import psutil

from bench.measure import Figures, Goal, Ratio, Repeat, Void
from bench.peers.beside import cpu_s
from bench.peers.listener import Door, Heard, Listener, listening
from bench.peers.said import Write, heard_out, numbers, said, written
from bench.peers.send_loop import SendLoop
from bench.site import Site

BLOCK_S = 1.2
PER_S = {100: 150.0, 1_000: 25.0}  # sockets in a room → messages a second
MESSAGE_BYTES = 1_200  # on the wire: a little more than what Debezium's envelope has without what is said in it
TRIED_WITH = 10  # characters
OFF_BY_MAX = 0.02  # they have digits of sequences and places in the log, which grow


def side(who: str, sockets: int) -> str:
    """The name of a side."""
    return f"{who}, room of {sockets:,}"


def ratios(peer: str, goal: Goal) -> tuple[Ratio, ...]:
    """Ours by the peer's, for each size of room."""
    return tuple(
        Ratio(
            f"room of {sockets:,}",
            over=(side("ours", sockets),),
            under=(side(peer, sockets),),
            figure="deliveries_per_cpu_s",
            goal=goal,
        )
        for sockets in PER_S
    )


def sides(peer: str, does: str) -> dict[str, str]:
    """What is compared."""
    ours = "sockets at realtime, which reads Debezium's records from Kafka"
    return {side(who, n): said for n in PER_S for who, said in (("ours", ours), (peer, does))}


async def fitted(listener: Listener, write_of: Callable[[int], Write]) -> int:
    """Return how many characters a message needs to arrive with the wanted size.

    Raises:
        Void: one is longer without any text.
    """
    tried = await said(listener, write_of(TRIED_WITH), per_s=10, seconds=0.5)
    characters = MESSAGE_BYTES - _mean_size(tried.heard) + TRIED_WITH
    if characters < TRIED_WITH + 10:
        raise Void(f"a message has {_mean_size(tried.heard):,.0f} bytes without what is said")
    return round(characters)


async def opened(
    site: Site,
    stack: AsyncExitStack,
    door: Door,
    sockets: int,
    process: psutil.Process,
    write_of: Callable[[int], Write],
) -> Repeat:
    """Have so many sockets listen behind a door while the stack is open; return a block of messages to them."""
    listener = await stack.enter_async_context(listening(door, sockets, site.folder))
    return block(site, process, listener, write_of(await fitted(listener, write_of)))


def block(site: Site, process: psutil.Process, listener: Listener, write: Write) -> Repeat:
    """A block of messages that are written one by one."""

    async def repeat() -> Figures:
        before_s = cpu_s(process)
        told = await said(listener, write, PER_S[listener.sockets], site.seconds(BLOCK_S))
        return figures(told.heard, cpu_s(process) - before_s)

    return repeat


def floor_block(site: Site, loop: SendLoop, listener: Listener, meanwhile: Write) -> Repeat:
    """A block of messages that the floor makes itself.

    Meanwhile as many are written to a room where nobody listens: the stack is then as busy beside the floor, with the
    same processors and their caches, as it is beside realtime.
    """

    async def repeat() -> Figures:
        per_s, seconds = PER_S[listener.sockets], site.seconds(BLOCK_S)
        wanted = numbers(round(per_s * seconds))
        await listener.begin()
        before_s = cpu_s(loop.process)
        async with asyncio.TaskGroup() as both:
            both.create_task(loop.send(wanted, per_s))
            both.create_task(written(meanwhile, per_s, seconds))
        told = await heard_out(listener, dict.fromkeys(wanted, 0))
        return figures(told.heard, cpu_s(loop.process) - before_s)

    return repeat


def figures(heard: Heard, spent_s: float) -> Figures:
    """What a block came to.

    Raises:
        Void: its messages had another size than the other sides'.
    """
    size = _mean_size(heard)
    if abs(size / MESSAGE_BYTES - 1) > OFF_BY_MAX:
        raise Void(f"messages had {size:,.0f} bytes instead of {MESSAGE_BYTES:,}")
    return {
        "deliveries_per_cpu_s": heard.deliveries / spent_s,
        "deliveries": float(heard.deliveries),
        "cpu_s": spent_s,
        "message_bytes": size,
    }


def _mean_size(heard: Heard) -> float:
    """Of a message; a server under load puts several into one frame, and earns by that what it can."""
    return heard.size / max(1, heard.deliveries)
