"""One measurement of an idle crowd: what its sockets cost while nothing happens, and whether they are reached.

In this order: the stack alone, its memory and what it spends; every socket opened and in a room; a pause; its memory
again; the hold, with what keeping alive costs; and at its end a message to some of the rooms, which has to come to
every socket there once.

Memory is told beyond what the processes had before. One that has held a crowd already has pages left over from it, so
a second crowd on the same stack looks cheaper than it is.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from veigo.crowd.crowd import Crowd
from veigo.crowd.meter import Usage, cpu_s, kernel_bytes, pids_by_kind, usage
from veigo.crowd.people import People, sockets_in
from veigo.crowd.spread import Door
from veigo.stack.problem import StackError
from veigo.verdict import Verdict

if TYPE_CHECKING:
    from veigo.stack.stack import Stack

MEASURED = ("gateway", "realtime")  # kinds that hold a socket of the crowd's
ALONE_S = 5.0  # for what the stack spends without a crowd
PAUSE_S = 3.0  # between the last join and the reading of memory: what joining needed is given back
OPENING_PER_S_MIN = 40  # of a stack that still opens sockets; slower than this for all of them, and it is given up
MESSAGES_ROOMS = 5  # rooms that get a message at the end
DELIVERED_WITHIN_S = 30.0


class Crowded(msgspec.Struct, kw_only=True):
    """What a crowd was asked to be.

    Attributes:
        sockets: how many.
        rooms: over how many rooms they are spread; each socket is in one.
        accounts: to how many people they belong.
        seconds: how long they are held.
    """

    sockets: int
    rooms: int
    accounts: int
    seconds: float


class Result(msgspec.Struct, kw_only=True):
    """What was measured.

    Attributes:
        asked: what the crowd was to be.
        processes: of each kind that was measured.
        addresses: local addresses the sockets came from.
        holders: processes that held them.
        open_s: until all were in their rooms.
        settled: sockets that got there.
        open_after: sockets open at the end of the hold.
        lost: ends of sockets, by what ended them; those on their way were opened anew.
        rss_per_socket: bytes of each kind, resident.
        pss_per_socket: bytes of each kind, shared pages counted once.
        kernel_per_socket: bytes of the kernel, all ends on this machine together; None where that is not told.
        alone_cpu: processor seconds a second of each kind before there was a crowd.
        idle_cpu: the same while it was held.
        pings_per_s: answered by the crowd.
        messages: that were sent at the end, each to a room of its own.
        due: deliveries that had to come.
        delivered: that came.
        repeated: that came again.
        delivered_p99_ms: until they came.
    """

    asked: Crowded
    processes: dict[str, int]
    addresses: int
    holders: int
    open_s: float = 0
    settled: int = 0
    open_after: int = 0
    lost: dict[str, int] = {}
    rss_per_socket: dict[str, float] = {}
    pss_per_socket: dict[str, float] = {}
    kernel_per_socket: float | None = None
    alone_cpu: dict[str, float] = {}
    idle_cpu: dict[str, float] = {}
    pings_per_s: float = 0
    messages: int = 0
    due: int = 0
    delivered: int = 0
    repeated: int = 0
    delivered_p99_ms: float | None = None

    @property
    def verdict(self) -> Verdict:
        """Whether every socket stayed and was reached once; inconclusive when not all were opened."""
        if not self.asked.sockets or self.settled < self.asked.sockets or not self.due:
            return Verdict.INCONCLUSIVE
        stayed, reached = self.open_after == self.asked.sockets, self.delivered == self.due and not self.repeated
        return Verdict.HOLDS if stayed and reached else Verdict.VIOLATED


class IdleRun:
    """The measurement of one crowd before one stack."""

    def __init__(self, stack: "Stack", people: People, asked: Crowded, say: Callable[[str], None]) -> None:
        """Plan it; `say` is told what happens. StackError when so many cannot be held, or not weighed, here."""
        self._people = people
        self._asked = asked
        self._say = say
        self._pids = {kind: pids for kind, pids in pids_by_kind(stack).items() if kind in MEASURED}
        if len(self._pids) < len(MEASURED):
            raise StackError(
                f"stack {stack.name} has no processes here to weigh; hold a crowd before one that "
                "`veigo up` started as processes"
            )
        doors = [door(address) for address in stack.addresses_of("gateway").split(",")]
        self._crowd = Crowd(asked.sockets, doors, people.scripts(people.rooms))
        self.result = Result(
            asked=asked,
            processes={kind: len(pids) for kind, pids in self._pids.items()},
            addresses=len(self._crowd.addresses),
            holders=self._crowd.processes,
        )

    async def carry_out(self) -> Result:
        """Measure.

        Raises:
            StackError: a holder ended, or sockets are opened too slowly.
            Refused, Unintelligible, aiohttp.ClientError, TimeoutError: a message could not be sent.
        """
        result, sockets = self.result, self._asked.sockets
        result.alone_cpu = await self._spent_in(ALONE_S)
        before, kernel_before = self._usage(), kernel_bytes()
        async with self._crowd as crowd:
            result.open_s = await crowd.settled(30 + sockets / OPENING_PER_S_MIN)
            await asyncio.sleep(PAUSE_S)
            tally = crowd.tally
            result.settled, result.lost = tally.settled, tally.lost
            self._say(f"{tally.settled:,} sockets are in their rooms after {result.open_s:.1f} s")
            self._weigh(before, kernel_before, max(1, tally.open))
            result.idle_cpu = await self._spent_in(self._asked.seconds)
            result.pings_per_s = (crowd.tally.pings - tally.pings) / self._asked.seconds
            await self._reach(crowd)
            tally = crowd.tally
            result.open_after, result.lost = tally.open, tally.lost
        return result

    def _weigh(self, before: Mapping[str, Usage], kernel_before: int | None, sockets: int) -> None:
        result, after, kernel_after = self.result, self._usage(), kernel_bytes()
        result.rss_per_socket = {k: (after[k].rss_bytes - before[k].rss_bytes) / sockets for k in after}
        result.pss_per_socket = {k: (after[k].pss_bytes - before[k].pss_bytes) / sockets for k in after}
        if kernel_before is not None and kernel_after is not None:
            result.kernel_per_socket = (kernel_after - kernel_before) / sockets

    async def _reach(self, crowd: Crowd) -> None:
        """Send a message to some rooms, and see to how many sockets it comes."""
        result, rooms = self.result, self._people.rooms
        result.messages = min(MESSAGES_ROOMS, len(rooms))
        for number, room in enumerate(rooms[: result.messages]):
            await self._people.say("reach", room)
            result.due += sockets_in(number, len(rooms), self._asked.sockets)
        await crowd.until(
            lambda tally: "reach" in tally.groups and tally.groups["reach"].count >= result.due, DELIVERED_WITHIN_S
        )
        await asyncio.sleep(PAUSE_S)  # for what would come a second time
        if (group := crowd.tally.groups.get("reach")) is not None:
            result.delivered, result.repeated = group.count, group.repeated
            result.delivered_p99_ms = group.percentile_ms(99)

    async def _spent_in(self, seconds: float) -> dict[str, float]:
        """Wait that long, and return the processor seconds a second of each kind meanwhile."""
        began_s, before = time.monotonic(), {kind: cpu_s(pids) for kind, pids in self._pids.items()}
        await asyncio.sleep(seconds)
        lasted_s = time.monotonic() - began_s
        return {kind: (cpu_s(pids) - before[kind]) / lasted_s for kind, pids in self._pids.items()}

    def _usage(self) -> Mapping[str, Usage]:
        return {kind: usage(pids) for kind, pids in self._pids.items()}


def door(address: str) -> Door:
    """Return an address written as `host:port` as a crowd needs it."""
    host, _, port = address.rpartition(":")
    return host, int(port)
