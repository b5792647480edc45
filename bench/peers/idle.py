"""What a socket that only waits takes of its server's memory; by steps, for memory used once is used again."""

import asyncio
import resource
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import psutil

from bench.measure import Figures, Goal, Measure, Opened, Ratio, Repeat, Unable
from bench.peers import tools
from bench.peers.centrifugo import centrifugo
from bench.peers.listener import Listener, listening
from bench.peers.our_realtime import fresh_realtime
from bench.peers.our_rooms import our_rooms
from bench.site import Site

STEPS = 5
FIRST = 10  # sockets that are open at a server before the first step, so that what it takes once is not counted
FILES_BESIDE = 500  # what a server has open beside its sockets
SETTLE_S = 1.0  # after the last one is in, for what a handshake leaves behind; memory says nothing when it has settled


def idle_memory(name: str, sockets: int, servers: int) -> Measure:
    """The measure for so many sockets in the end, spread over so many servers: a process may open so many files."""
    return Measure(
        name=name,
        question=f"How much memory do {sockets:,} sockets take that are in one room and wait?",
        sides={
            "ours": f"{servers} of realtime, started for this; resident memory beyond what they had before",
            "Centrifugo": f"{servers} of Centrifugo, likewise; no consumer runs in it",
        },
        ratios=(Ratio("resident", ("ours",), ("Centrifugo",), "socket_kib", Goal(at_most=0.5)),),
        opened=_opened(sockets // STEPS // servers, servers),
        build=lambda: tools.build("centrifugo", "listener"),
        versions={"Centrifugo": tools.version("centrifugo")},
        note=f"Each repetition opens a fifth of the sockets more at both, so the fifth stands for {sockets:,}; a "
        "figure is the memory that all of them have taken so far. The kernel's share is the same for both and not in "
        "it, nor is what the gateway takes for its relay.",
    )


def require_files(sockets: int) -> None:
    """Require that one process may hold so many sockets.

    Raises:
        Unable: it may not.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < sockets + FILES_BESIDE:
        wanted = sockets + FILES_BESIDE
        raise Unable(f"a process may open {most:,} files here and would need {wanted:,}; raise `ulimit -Hn`")


def _opened(step: int, servers: int) -> Opened:
    @asynccontextmanager
    async def opened(site: Site) -> AsyncIterator[Mapping[str, Repeat]]:
        """Let a few sockets in at all of them."""
        require_files(site.count(step) * STEPS + FIRST)
        async with AsyncExitStack() as stack:
            (room,) = await our_rooms(site, 1)
            processes: dict[str, list[psutil.Process]] = {"ours": [], "Centrifugo": []}
            listeners: dict[str, list[Listener]] = {"ours": [], "Centrifugo": []}
            for _ in range(servers):
                process, port = await stack.enter_async_context(fresh_realtime(site))
                peer = await stack.enter_async_context(centrifugo(site))
                for who, server, door in (
                    ("ours", process, room.door(port)),
                    ("Centrifugo", peer.process, peer.door(room.id)),
                ):
                    processes[who].append(server)
                    listeners[who].append(await stack.enter_async_context(listening(door, FIRST, site.folder)))
            yield {who: _step(site.count(step), listeners[who], _memory_of(processes[who])) for who in processes}

    return opened


def _memory_of(processes: Sequence[psutil.Process]) -> Callable[[], int]:
    return lambda: sum(process.memory_info().rss for process in processes)


def _step(more: int, listeners: Sequence[Listener], memory: Callable[[], int]) -> Repeat:
    empty_bytes = memory()

    async def step() -> Figures:
        began_s = time.monotonic()
        await asyncio.gather(*(listener.more(more) for listener in listeners))
        took_s = time.monotonic() - began_s
        await asyncio.sleep(SETTLE_S)
        sockets = sum(listener.sockets - FIRST for listener in listeners)
        return {
            "socket_kib": (memory() - empty_bytes) / sockets / 1024,
            "sockets": float(sockets),
            "opened_per_s": more * len(listeners) / took_s,
            "refusals": float(sum(listener.refusals for listener in listeners)),
        }

    return step
