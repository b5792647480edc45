"""All holders of a crowd, as one thing: opened, waited for, asked what it has seen, and ended.

For example::

    async with Crowd(10_000, doors, scripts) as crowd:
        await crowd.settled(within_s=120)
        print(crowd.tally.open, crowd.tally.groups)

Doors may be any server's, and scripts any protocol's.
"""

import asyncio
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import msgspec
import psutil

from veigo.crowd.holder import Plan
from veigo.crowd.script import Script
from veigo.crowd.spread import Door, Machine, check_machine, shares, sources
from veigo.crowd.tally import Tally, added
from veigo.stack.problem import StackError

PORT_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
OPENING_MAX = 50  # sockets on their way at once, in all holders together: what a server takes in stride
SETTLE_S = 30.0  # for one socket to be settled
POLL_S = 0.1
STOP_S = 20.0  # for the holders to close everything; then they are ended
LINE_BYTES_MAX = 1 << 20  # of one tally


def this_machine() -> Machine:
    """Return what this machine allows.

    Raises:
        StackError: it is not one the holders can work on.
    """
    if not PORT_RANGE.exists():
        raise StackError("a crowd is held by epoll and many loopback addresses, which takes Linux")
    first, last = PORT_RANGE.read_text().split()
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Machine(
        files_max=files if files != resource.RLIM_INFINITY else 1 << 20,
        ports=int(last) - int(first) + 1,
        memory_bytes=psutil.virtual_memory().available,
    )


class Crowd:
    """So many sockets at these doors, held by processes of their own while the context is open."""

    def __init__(
        self,
        sockets: int,
        doors: Sequence[Door],
        scripts: Sequence[Script],
        *,
        opening_max: int = OPENING_MAX,
        settle_s: float = SETTLE_S,
    ) -> None:
        """Plan a crowd.

        Args:
            sockets: how many; socket n goes to the n-th door and says the n-th script, each by turns.
            doors: addresses and ports to connect to.
            scripts: what is said; as few as say everything.
            opening_max: sockets on their way at once.
            settle_s: how long one may be on its way; after that it is lost.

        Raises:
            StackError: this machine cannot hold it; the sentence says what to do.
        """
        machine = this_machine()
        check_machine(sockets, len(doors), machine)
        self.sockets = sockets
        parts = shares(sockets, machine)
        self._plans = [
            Plan(
                share=part,
                sources=tuple(sources(sockets, len(doors), machine)),
                doors=tuple(doors),
                scripts=tuple(scripts),
                opening_max=max(1, opening_max // len(parts)),
                settle_s=settle_s,
            )
            for part in parts
        ]
        self._holders: list[asyncio.subprocess.Process] = []
        self._readers: list[asyncio.Task[None]] = []
        self._tallies = [Tally() for _ in parts]

    @property
    def tally(self) -> Tally:
        """What all holders have seen, as of half a second ago."""
        return added(self._tallies)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The local addresses they connect from."""
        return self._plans[0].sources

    @property
    def processes(self) -> int:
        """How many holders there are."""
        return len(self._plans)

    async def __aenter__(self) -> Self:
        for number, plan in enumerate(self._plans):
            holder = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "veigo.crowd.holder"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                cwd=Path(__file__).parents[2],
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
                limit=LINE_BYTES_MAX,
            )
            self._holders.append(holder)
            assert holder.stdin is not None
            holder.stdin.write(msgspec.json.encode(plan) + b"\n")
            self._readers.append(asyncio.create_task(self._read(number, holder)))
        return self

    async def __aexit__(self, *_: object) -> None:
        for holder in self._holders:
            if holder.stdin is not None:
                holder.stdin.close()
        try:
            async with asyncio.timeout(STOP_S):
                await asyncio.gather(*(holder.wait() for holder in self._holders))
        except TimeoutError:
            for holder in self._holders:
                if holder.returncode is None:
                    holder.kill()
                    await holder.wait()
        finally:
            for reader in self._readers:
                reader.cancel()

    async def settled(self, within_s: float, progress: Callable[[Tally], None] | None = None) -> float:
        """Wait until every socket has said what it had to say, or was given up; return the seconds it took.

        After `within_s` seconds it is waited for no longer; the tally says how far they are.

        Raises:
            StackError: a holder ended.
        """
        began_s = time.monotonic()
        await self.until(lambda tally: tally.settled + tally.given_up >= self.sockets, within_s, progress)
        return time.monotonic() - began_s

    async def until(
        self, done: Callable[[Tally], bool], within_s: float, progress: Callable[[Tally], None] | None = None
    ) -> bool:
        """Wait until the tally is so; return whether it became so within `within_s` seconds.

        Raises:
            StackError: a holder ended.
        """
        deadline_s = time.monotonic() + within_s
        while not done(tally := self.tally):
            if any(holder.returncode is not None for holder in self._holders):
                raise StackError("a process that held a part of the crowd ended; what it said is above")
            if time.monotonic() > deadline_s:
                return False
            if progress is not None:
                progress(tally)
            await asyncio.sleep(POLL_S)
        return True

    async def _read(self, number: int, holder: asyncio.subprocess.Process) -> None:
        assert holder.stdout is not None
        while line := await holder.stdout.readline():
            self._tallies[number] = msgspec.json.decode(line, type=Tally)
