"""The measuring of growth from end to end, before a WebSocket server of a library that stands for the whole stack.

What is measured here means nothing; that every level of every axis is, and that what is no good is thrown away, does.
"""

import itertools
import json
import os
from collections import defaultdict
from types import SimpleNamespace

import pytest
from websockets.asyncio.server import serve

from bench.growth import measuring, sampling
from bench.growth.axes import AXES, Axis
from veigo.client.accounts import Account
from veigo.crowd.crowd import Crowd
from veigo.crowd.people import People
from veigo.crowd.tally import mark

WITHIN_S = 20.0
KINDS = ("gateway", "realtime", "kafka", "connect", "aggregator", "chat")
SMALL = {"rate": (30, 40), "members": (1, 3), "rooms": (2, 10), "history": (0, 9), "idle": (0, 2), "replicas": (1, 2)}


class Rooms:
    """Sockets by the room they joined; what is said there is told to each, or twice, or not to the last."""

    def __init__(self):
        self.sockets, self.names = defaultdict(list), map(str, itertools.count(1))
        self.copies = 1

    async def talk(self, connection):
        async for text in connection:
            room = json.loads(text)["payload"][0]["name"]
            self.sockets[room].append(connection)
            await connection.send('{"type":"JOINED"}')

    async def tell(self, room, text):
        for connection in self.sockets[room]:
            for _ in range(self.copies):
                await connection.send(text)


class Crowded(People):
    """People whose rooms are those of the server beside them."""

    rooms_there: Rooms

    async def make_rooms(self, rooms):
        made = [next(self.rooms_there.names) for _ in range(rooms)]
        self.rooms += made
        return made

    async def say(self, group, room, intended_ns=None):
        self.said[room] += 1
        await self.rooms_there.tell(room, mark(group, self.said[room], intended_ns))


@pytest.fixture
async def stage(monkeypatch):
    """A stack that is none, and people in it."""
    there, asked = Rooms(), []

    async def ask(stack, **request):
        asked.append((request["do"], request["node"]))

    async def history(stack, room, sender, messages):
        asked.append(("write", messages))

    async def page(address, verb, path):
        return {"records": {"applied": sum(SMALL["history"])}}

    for axis in AXES:
        monkeypatch.setattr(measuring, axis.name.upper(), smaller(axis), raising=False)
    monkeypatch.setattr(sampling, "SECONDS", 0.2)
    monkeypatch.setattr(sampling, "TAIL_S", 0.6)  # longer than the time between two tallies
    monkeypatch.setattr(sampling, "LATE_S", WITHIN_S)
    monkeypatch.setattr(sampling, "COME_WITHIN_S", WITHIN_S)
    monkeypatch.setattr(measuring, "IDLING_S", 0.05)
    monkeypatch.setattr(measuring, "REPEATS", 1)
    monkeypatch.setattr(measuring, "ask", ask)
    monkeypatch.setattr(measuring, "pids_by_kind", lambda stack: {kind: [os.getpid()] for kind in KINDS})
    monkeypatch.setattr(measuring.history, "write", history)
    monkeypatch.setattr(measuring.rest, "request", page)
    async with await serve(there.talk, "127.0.0.1", 0, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        people = Crowded(None, [Account(str(n), f"token-{n}") for n in range(measuring.ACCOUNTS)])
        people.rooms_there = there
        stack = SimpleNamespace(address=lambda node: f"127.0.0.1:{port}")
        yield SimpleNamespace(stack=stack, people=people, rooms=there, asked=asked)


def smaller(axis):
    """The axis with fewer levels, so that a test does not take minutes."""
    return type(axis)(axis.name, SMALL[axis.name], axis.per_s)


async def test_every_level_is_measured_with_realtimes_started_one_by_one(stage):
    """Replicas are stopped before anything is measured, and again after they were."""
    found = await measuring.Measuring(stage.stack, stage.people, 1, lambda text: None).carry_out()
    nodes = [each for each in stage.asked if each[0] in ("start", "stop")]

    assert [] == found.refused
    assert {(axis.name, count) for axis in AXES for count in SMALL[axis.name]} == {
        (one.axis, one.count) for one in found.samples
    }
    assert all(one.cpu_ms.keys() == set(KINDS) and one.p50_ms <= one.p99_ms for one in found.samples)
    assert 2 == found.opening.sockets
    assert set(KINDS) == found.idle_cpu.keys()
    assert [("stop", "realtime-2"), ("start", "realtime-2"), ("stop", "realtime-2")] == nodes


@pytest.mark.parametrize(("copies", "due", "says"), [(2, 2, "2 of 2 deliveries"), (1, 3, "2 of 3 deliveries")])
async def test_a_sample_with_a_delivery_too_many_or_too_few_is_none(stage, monkeypatch, copies, due, says):
    monkeypatch.setattr(sampling, "COME_WITHIN_S", 1.5)
    stage.rooms.copies = copies
    [room] = await stage.people.make_rooms(1)
    spends = sampling.Spending({"realtime": [os.getpid()]})
    await spends.idling(0.05)
    door = measuring.door(stage.stack.address("gateway"))
    async with Crowd(2, [door], stage.people.scripts([room])) as crowd:
        await crowd.settled(WITHIN_S)
        axis = Axis("members", (2,), per_s=5)
        found = await sampling.sample(axis, 2, 1, stage.people, [room], due, crowd, spends)

    assert f"members 2: {says} came" == found
