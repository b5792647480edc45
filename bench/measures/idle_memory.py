"""What a socket that only waits takes of a server's memory."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import psutil

from bench.measure import Figures, Goal, Measure, Ratio, Repeat
from bench.peers import fan_out, tools
from bench.peers.centrifugo import centrifugo
from bench.peers.listener import Door, Listener, listening
from bench.peers.our_rooms import our_rooms
from bench.site import Site
from veigo.stack.control import ask

STEP = 2_000  # sockets more in each repetition: 10,000 in the fifth
SETTLE_S = 2.0  # after the last one is in, for what a handshake leaves behind; memory says nothing when it has settled
FIRST = 10  # sockets that are open before the first step, so that what a server takes once is not counted


@asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Mapping[str, Repeat]]:
    """Let a few sockets in at both, neither of which has had any before."""
    await ask(site.stack, do="stop", node="realtime")
    await ask(site.stack, do="start", node="realtime")
    async with AsyncExitStack() as stack:
        peer = await stack.enter_async_context(centrifugo(site))
        (room,) = await our_rooms(site, 1)
        servers: dict[str, tuple[psutil.Process, Door]] = {
            "ours": (fan_out.realtime(site), room.door(site, "realtime")),
            "Centrifugo": (peer.process, peer.door(room.id)),
        }
        sides: dict[str, Repeat] = {}
        for who, (process, door) in servers.items():
            listener = await stack.enter_async_context(listening(door, FIRST, site.folder))
            sides[who] = _step(site, process, listener)
        yield sides


def _step(site: Site, process: psutil.Process, listener: Listener) -> Repeat:
    empty_bytes = process.memory_info().rss

    async def step() -> Figures:
        began_s = time.monotonic()
        await listener.more(site.count(STEP))
        took_s = time.monotonic() - began_s
        await asyncio.sleep(SETTLE_S)
        taken_bytes = process.memory_info().rss - empty_bytes
        sockets = listener.sockets - FIRST
        return {
            "socket_kib": taken_bytes / sockets / 1024,
            "sockets": float(sockets),
            "opened_per_s": site.count(STEP) / took_s,
        }

    return step


measure = Measure(
    name="idle_memory",
    question="How much memory does a server take for a socket that is in one room and waits?",
    sides={
        "ours": "realtime, started for this; resident memory beyond what it had before",
        "Centrifugo": "Centrifugo, likewise; no consumer runs in it",
    },
    ratios=(
        Ratio(
            f"{STEP:,} to {5 * STEP:,} sockets",
            over=("ours",),
            under=("Centrifugo",),
            figure="socket_kib",
            goal=Goal(at_most=0.5),
        ),
    ),
    opened=opened,
    build=lambda: tools.build("centrifugo", "listener"),
    versions={"Centrifugo": tools.version("centrifugo")},
    note=f"Each repetition opens {STEP:,} sockets more at both, so the fifth stands for {5 * STEP:,}; a figure is the "
    "memory that all of them have taken so far. The kernel's share is the same for both and not in it, nor is what "
    "the gateway takes for its relay.",
)
