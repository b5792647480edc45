"""One sample: messages into some rooms at a steady rate, and what they cost every node until the last has come.

Messages are sent at their intended times, whether or not the ones before were answered, and a latency counts from the
intended time. What the nodes spend while nothing is sent is measured before, and taken off.
"""

import asyncio
import time
from collections.abc import Sequence

from bench.growth.axes import SECONDS, Axis
from bench.growth.results import Sample
from veigo.crowd.crowd import Crowd
from veigo.crowd.meter import cpu_s
from veigo.crowd.people import People

COME_WITHIN_S = 20.0  # the last delivery, after the last message
TAIL_S = 0.7  # after the last delivery, for spans and copies: as long after each
LATE_S = 0.1  # behind its time, a send is late
LATE_SHARE_MAX = 0.1  # of the sends may be; with more, the sender was what was measured


class Spending:
    """What the nodes spend, by kind, and how much of it whether or not anything happens."""

    def __init__(self, pids: dict[str, list[int]]) -> None:
        self.pids = pids
        self.idle: dict[str, float] = {}

    def so_far(self) -> dict[str, float]:
        """Processor seconds until now."""
        return {kind: cpu_s(pids) for kind, pids in self.pids.items()}

    async def idling(self, seconds: float) -> dict[str, float]:
        """Wait that long, take what is spent meanwhile for idling, and return it: seconds a second."""
        before, began_s = self.so_far(), time.monotonic()
        await asyncio.sleep(seconds)
        lasted_s = time.monotonic() - began_s
        self.idle = {kind: (spent - before[kind]) / lasted_s for kind, spent in self.so_far().items()}
        return self.idle


async def sample(
    axis: Axis, count: int, number: int, people: People, rooms: Sequence[str], due: int, crowd: Crowd, spends: Spending
) -> Sample | str:
    """Measure a level.

    Args:
        axis: what varies.
        count: how many of it there are now.
        number: of the sample, so that its messages are told from all others.
        people: who says something.
        rooms: where, by turns.
        due: deliveries that the first message in each of these rooms makes, all together.
        crowd: hears them.
        spends: what the nodes spend.

    Returns: the sample; or why there is none.
    """
    per_s = axis.per_s_at(count)
    group, messages = f"s{number}", round(per_s * SECONDS)
    messages -= messages % len(rooms) if len(rooms) <= messages else 0
    due = due * messages // len(rooms)
    turns = {room: asyncio.Lock() for room in rooms}  # so that a room's messages have the order of their numbers
    before, began_s = spends.so_far(), time.monotonic()
    wanted = [(rooms[n % len(rooms)], n / per_s) for n in range(messages)]
    late = sum(await asyncio.gather(*(_send(people, group, room, turns[room], after_s) for room, after_s in wanted)))
    came = await crowd.until(lambda tally: group in tally.groups and tally.groups[group].count >= due, COME_WITHIN_S)
    await asyncio.sleep(TAIL_S)
    lasted_s = time.monotonic() - began_s
    spent = {kind: now - before[kind] - spends.idle[kind] * lasted_s for kind, now in spends.so_far().items()}
    found = crowd.tally.groups.get(group)
    if not came or found is None or found.count != due or found.repeated or found.missed:
        return f"{axis.name} {count}: {found.count if found else 0} of {due} deliveries came"
    if late > messages * LATE_SHARE_MAX:
        return f"{axis.name} {count}: {late} of {messages} sends began late"
    cpu_ms = {kind: max(0.0, seconds) / messages * 1000 for kind, seconds in spent.items()}
    p50, p99 = found.percentile_ms(50), found.percentile_ms(99)
    assert p50 is not None and p99 is not None  # noqa: PT018 - there were deliveries
    return Sample(axis.name, count, messages, due, cpu_ms, p50, p99)


async def _send(people: People, group: str, room: str, turn: asyncio.Lock, after_s: float) -> bool:
    """Say something after a while, and after what was to be said before in that room; return whether that was late."""
    meant_ns = time.monotonic_ns() + round(after_s * 1e9)
    await asyncio.sleep(after_s)
    late = time.monotonic_ns() - meant_ns > LATE_S * 1e9
    async with turn:
        await people.say(group, room, meant_ns)
    return late
