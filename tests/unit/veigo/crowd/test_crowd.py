"""Holders, as processes, before a WebSocket server of a library: any server will do, and any protocol."""

import asyncio
import json
from collections import Counter

import pytest
from websockets.asyncio.server import serve

from veigo.crowd.crowd import Crowd
from veigo.crowd.script import Script, Step, handshake
from veigo.crowd.tally import mark

WITHIN_S = 20


class Room:
    """Somebody joins by saying so; everybody is told what is told."""

    def __init__(self, refusals=0):
        self.members = set()
        self.addresses = Counter()
        self.pongs = asyncio.Queue()
        self._refusals = refusals

    async def talk(self, connection):
        async for text in connection:
            match json.loads(text):
                case {"join": _} if self._refusals:
                    self._refusals -= 1
                    await connection.send('{"no":"try again"}')
                case {"join": _}:
                    self.members.add(connection)
                    self.addresses[connection.remote_address[0]] += 1
                    await connection.send('{"joined":true}')
                case {"alive": True}:
                    self.pongs.put_nowait(connection)
        self.members.discard(connection)

    async def tell(self, text):
        await asyncio.gather(*(member.send(text) for member in self.members))


SCRIPT = Script(
    handshake("/"), (Step('{"join":"here"}', '"joined"'),), refused='"no"', answers={"{}": '{"alive":true}'}
)


async def opened(room):
    server = await serve(room.talk, "127.0.0.1", 0, compression=None)
    return server, [("127.0.0.1", server.sockets[0].getsockname()[1])]


async def test_a_crowd_comes_from_several_addresses_and_is_told_everything_once():
    """Thirty sockets, three addresses, two messages, a ping of the protocol's and one above it."""
    room = Room()
    server, doors = await opened(room)
    async with server, Crowd(30, doors, [SCRIPT]) as crowd:
        await crowd.settled(WITHIN_S)
        await room.tell(mark("g", 1, 1))
        await room.tell(mark("g", 2, 1))
        for member in set(room.members):
            await asyncio.wait_for(await member.ping(), WITHIN_S)
        await room.tell("{}")
        answered = {await asyncio.wait_for(room.pongs.get(), WITHIN_S) for _ in range(30)}
        assert await crowd.until(lambda tally: tally.pings == 60, WITHIN_S)
        tally = crowd.tally

    assert {"127.0.0.2": 10, "127.0.0.3": 10, "127.0.0.4": 10} == room.addresses
    assert (30, 30, {}) == (tally.settled, tally.open, tally.lost)
    assert (60, 0, 0) == (tally.groups["g"].count, tally.groups["g"].repeated, tally.groups["g"].missed)
    assert 30 == len(answered)


async def test_a_socket_that_ends_is_lost_and_its_end_is_told():
    room = Room()
    server, doors = await opened(room)
    async with server, Crowd(3, doors, [SCRIPT]) as crowd:
        await crowd.settled(WITHIN_S)
        first, second, _ = room.members
        await first.close(1012, "come back")
        second.transport.abort()
        assert await crowd.until(lambda tally: sum(tally.lost.values()) == 2 and tally.open == 1, WITHIN_S)

    assert {"closed with 1012: come back": 1, "ended without a Close frame": 1} == crowd.tally.lost


async def test_who_is_refused_on_the_way_tries_again():
    room = Room(refusals=2)
    server, doors = await opened(room)
    async with server, Crowd(5, doors, [SCRIPT]) as crowd:
        await crowd.settled(WITHIN_S)

        assert {'refused: {"no":"try again"}': 2} == crowd.tally.lost
        assert 5 == crowd.tally.settled


async def test_who_never_gets_in_is_given_up():
    room = Room(refusals=1_000)
    server, doors = await opened(room)
    async with server, Crowd(1, doors, [SCRIPT]) as crowd:
        await crowd.settled(WITHIN_S)

        assert (0, 1) == (crowd.tally.settled, crowd.tally.given_up)


@pytest.mark.parametrize("script", [Script(handshake("/")), Script(handshake("/"), (Step('{"hello":1}', ""),))])
async def test_a_socket_that_waits_for_nothing_is_settled_at_once(script):
    room = Room()
    server, doors = await opened(room)
    async with server, Crowd(2, doors, [script]) as crowd:
        await crowd.settled(WITHIN_S)

        assert 2 == crowd.tally.settled
