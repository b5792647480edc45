"""All axes on one stack: rates, members, rooms and history by turns, in another order each time; then the others.

Rooms of every size, and rooms with every length of history, are there from the beginning with sockets in them, so that
going from one level to another costs nothing and a drift of the machine meets all levels alike. Idle sockets can only
become more, and replicas are started in their order and stopped again.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from bench.growth import history
from bench.growth.axes import HISTORY, IDLE, LISTENERS, MEMBERS, RATE, REPEATS, REPLICAS, ROOMS, Axis
from bench.growth.results import Opening, Sample
from bench.growth.sampling import Spending, sample
from stack import rest
from veigo.client.graphql import GraphQL
from veigo.crowd.crowd import Crowd
from veigo.crowd.idle_run import door
from veigo.crowd.meter import pids_by_kind, usage
from veigo.crowd.people import People
from veigo.crowd.script import Script, member
from veigo.stack.control import ask
from veigo.stack.problem import NotReadyError, StackError
from veigo.stack.readiness import until
from veigo.stack.stack import Stack

ACCOUNTS = 20
OPEN_WITHIN_S = 240
COPIED_WITHIN_S = 180  # the history, into MongoDB
IDLING_S = 3.0
HOLD_SOCKETS = ("gateway", "realtime")


@dataclass
class Measured:
    """What came of it."""

    samples: list[Sample] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    opening: Opening | None = None
    idle_cpu: dict[str, tuple[float, float]] = field(default_factory=dict)


class Measuring:
    """One stack, its people and its rooms."""

    def __init__(self, stack: Stack, people: People, seed: int, say: Callable[[str], None]) -> None:
        self._stack = stack
        self._people = people
        self._random = random.Random(seed)  # noqa: S311 - an order
        self._say = say
        self._spends = Spending(pids_by_kind(stack))
        self._rooms: dict[str, list[str]] = {}
        self._crowd: Crowd
        self._number = 0
        self.found = Measured()

    async def carry_out(self) -> Measured:
        """Measure every axis.

        Raises:
            StackError: the stack is not as it has to be, or sockets could not be opened.
        """
        for number in range(REPLICAS.points[-1], 1, -1):
            await ask(self._stack, do="stop", node=f"realtime-{number}")
        self._spends.pids = pids_by_kind(self._stack)
        await self._furnish()
        async with self._opened(self._listeners()) as self._crowd:
            await self._settled(self._crowd)
            await self._spends.idling(IDLING_S)
            for _ in range(REPEATS):
                levels = [(axis, count) for axis in (RATE, MEMBERS, ROOMS, HISTORY) for count in axis.points]
                self._random.shuffle(levels)
                for axis, count in levels:
                    await self._sample(axis, count)
            await self._more_idle()
            await self._more_replicas()
        return self.found

    async def _furnish(self) -> None:
        people = self._people
        self._rooms = {"members": await people.make_rooms(len(MEMBERS.points))}
        self._rooms["rooms"] = await people.make_rooms(ROOMS.points[-1])
        self._rooms["history"] = await people.make_rooms(len(HISTORY.points))
        self._rooms["idle"] = await people.make_rooms(20)
        sender = people.accounts[1].id
        for room, messages in zip(self._rooms["history"], HISTORY.points, strict=True):
            await history.write(self._stack, room, sender, messages)
        written = sum(HISTORY.points)

        async def copied() -> None:
            page = await rest.request(self._stack.address("aggregator"), "GET", "/healthz")
            if page["records"]["applied"] < written:
                raise NotReadyError(f"{page['records']['applied']:,} of {written:,} records came")

        self._say(f"{written:,} messages of history are written")
        await until(copied, COPIED_WITHIN_S, "change capture did not bring the history")

    def _listeners(self) -> list[Script]:
        sizes = [*zip(self._rooms["members"], MEMBERS.points, strict=True)]
        sizes += [(room, LISTENERS) for axis in ("rooms", "history") for room in self._rooms[axis]]
        return [self._member(room, number) for room, count in sizes for number in range(count)]

    def _member(self, room: str, number: int) -> Script:
        return member(self._people.accounts[number % ACCOUNTS].token, room)

    def _opened(self, scripts: Sequence[Script]) -> Crowd:
        return Crowd(len(scripts), [door(self._stack.address("gateway"))], scripts)

    async def _settled(self, crowd: Crowd) -> float:
        took_s = await crowd.settled(OPEN_WITHIN_S)
        if crowd.tally.settled < crowd.sockets:
            raise StackError(f"{crowd.tally.settled:,} of {crowd.sockets:,} sockets came in: {crowd.tally.lost}")
        self._say(f"{crowd.sockets:,} sockets came in within {took_s:.0f} s")
        return took_s

    async def _sample(self, axis: Axis, count: int) -> None:
        rooms, due = self._level(axis, count)
        self._number += 1
        taken = await sample(axis, count, self._number, self._people, rooms, due, self._crowd, self._spends)
        if isinstance(taken, Sample):
            self.found.samples.append(taken)
            cost = (
                f"{sum(taken.cpu_ms.values()):.2f} ms CPU a message, p50 {taken.p50_ms:.1f} p99 {taken.p99_ms:.1f} ms"
            )
            self._say(f"  {axis.name:<9}{count:>7,}  {cost}")
        else:
            self.found.refused.append(taken)
            self._say(f"  thrown away: {taken}")

    def _level(self, axis: Axis, count: int) -> tuple[list[str], int]:
        """Return in which rooms messages are sent at a level, and how many sockets are in them."""
        match axis.name:
            case "members":
                return [self._rooms["members"][MEMBERS.points.index(count)]], count
            case "rooms":
                return self._rooms["rooms"][:count], LISTENERS * count
            case "history":
                return [self._rooms["history"][HISTORY.points.index(count)]], LISTENERS
        return self._rooms["rooms"][:10], LISTENERS * 10

    async def _more_idle(self) -> None:
        spends = self._spends
        idle: dict[int, dict[str, float]] = {}
        async with AsyncExitStack() as crowds:
            for before, count in zip((0, *IDLE.points), IDLE.points, strict=False):
                if count > before:
                    await self._open_idle(crowds, count - before)
                idle[count] = await spends.idling(IDLING_S)
                for _ in range(REPEATS):
                    await self._sample(IDLE, count)
        few, many = idle[IDLE.points[0]], idle[IDLE.points[-1]]
        self.found.idle_cpu = {kind: (few[kind], many[kind]) for kind in many}

    async def _open_idle(self, crowds: AsyncExitStack, sockets: int) -> None:
        rooms, spends = self._rooms["idle"], self._spends
        scripts = [self._member(rooms[number % len(rooms)], number) for number in range(len(rooms))]
        before, spent = self._memory(), spends.so_far()
        began_s = time.monotonic()
        crowd = await crowds.enter_async_context(Crowd(sockets, [door(self._stack.address("gateway"))], scripts))
        await self._settled(crowd)
        lasted_s = time.monotonic() - began_s
        cpu = {
            kind: (now - spent[kind] - spends.idle[kind] * lasted_s) / sockets for kind, now in spends.so_far().items()
        }
        await asyncio.sleep(1)
        memory = {kind: (now - before[kind]) / sockets for kind, now in self._memory().items()}
        self.found.opening = Opening(sockets, lasted_s, {k: max(0.0, s) * 1000 for k, s in cpu.items()}, memory)

    def _memory(self) -> dict[str, int]:
        return {kind: usage(self._spends.pids[kind]).rss_bytes for kind in HOLD_SOCKETS}

    async def _more_replicas(self) -> None:
        most = REPLICAS.points[-1]
        turns = [*range(1, most + 1), *range(most, 0, -1)]
        running = 1
        for count in turns:
            for number in range(running + 1, count + 1):
                await ask(self._stack, do="start", node=f"realtime-{number}")
            for number in range(running, count, -1):
                await ask(self._stack, do="stop", node=f"realtime-{number}")
            running = count
            self._spends.pids = pids_by_kind(self._stack)
            await self._spends.idling(1.5)
            await self._sample(REPLICAS, count)


async def measured(stack: Stack, seed: int, say: Callable[[str], None]) -> Measured:
    """Measure growth on a stack that is up.

    Raises:
        StackError: it is not as it has to be.
    """
    if len(stack.topology.replicas("realtime")) < REPLICAS.points[-1]:
        raise StackError(
            f"growth is measured with up to {REPLICAS.points[-1]} realtimes; `veigo up --scale realtime=4`"
        )
    async with GraphQL(f"http://{stack.address('gateway')}", timeout_s=30) as graphql:
        people = await People.sign_up(graphql, ACCOUNTS)
        return await Measuring(stack, people, seed, say).carry_out()
