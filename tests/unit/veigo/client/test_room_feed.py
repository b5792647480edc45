"""The feed against real sockets on loopback that break in every way."""

import asyncio
import json
import random
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import serve

from veigo.client.places import Kind
from veigo.client.room_feed import PAUSE_S_MAX, RoomFeed, Unauthorized, backoff_s

WITHIN_S = 10.0


class Server:
    """A realtime of a few lines: one room with a log, replayed after what is asked; it hangs up every so often."""

    def __init__(self, log_end, frames_each):
        self.log_end = log_end
        self.frames_each = frames_each
        self.tokens = []

    async def talk(self, connection):
        self.tokens.append(connection.request.path)
        wish = json.loads(await connection.recv())["payload"][0]
        after = wish.get("after", 0)
        await self.say(connection, "JOINED", after)
        for sequence in range(after + 1, min(after + self.frames_each, self.log_end) + 1):
            await self.say(connection, "MESSAGE", sequence)
        if after + self.frames_each < self.log_end:
            await connection.close(1012, "elsewhere")
        await connection.wait_closed()

    async def say(self, connection, kind, sequence):
        await connection.send(json.dumps({"type": kind, "payload": [{"roomId": "r", "sequence": sequence}]}))


@asynccontextmanager
async def serving(handler):
    async with serve(handler, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def token(refused):
    return None if refused else "token"


async def taken(feed, count):
    async with asyncio.timeout(WITHIN_S):
        return [event async for event, _ in _zipped(feed, count)]


async def _zipped(feed, count):
    number = 0
    async for event in feed:
        number += 1
        yield event, number
        if number == count:
            return


async def test_a_log_comes_whole_over_connections_that_keep_ending():
    """From whichever gateway is there; one of these never is."""
    server = Server(log_end=12, frames_each=5)
    async with serving(server.talk) as url, RoomFeed(["http://127.0.0.1:9", url], token, random.Random(1)) as feed:
        feed.join("r")
        events = await taken(feed, 12)

    assert list(range(1, 13)) == [event.sequence for event in events]
    assert {Kind.EVENT} == {event.kind for event in events}
    assert 3 == len(server.tokens)


async def test_a_socket_that_skips_an_event_is_left_and_resumed():
    """The gap is closed by the next connection."""
    connections = 0

    async def talk(connection):
        nonlocal connections
        connections += 1
        wish = json.loads(await connection.recv())["payload"][0]
        after = wish.get("after", 0)
        server = Server(3, 3)
        await server.say(connection, "JOINED", after)
        skipped = after + 2 if connections == 1 else None
        for sequence in range(after + 1, 4):
            if sequence != skipped:
                await server.say(connection, "MESSAGE", sequence)
        await connection.wait_closed()

    async with serving(talk) as url, RoomFeed([url], token, random.Random(1)) as feed:
        feed.join("r")
        events = await taken(feed, 3)

    assert [1, 2, 3] == [event.sequence for event in events]
    assert 2 == connections


async def test_a_refused_token_is_asked_for_anew_and_then_given_up():
    """There is no use in asking for ever."""
    asked = []

    async def stale(refused):
        asked.append(refused)
        return "stale" if len(asked) < 3 else None

    async def refuse(connection, request):
        return connection.respond(401, "no")

    async with serve(lambda _: None, "127.0.0.1", 0, process_request=refuse) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with RoomFeed([url], stale, random.Random(1)) as feed:
            with pytest.raises(Unauthorized):
                await taken(feed, 1)

    assert [False, True, True] == asked


def test_pauses_grow_to_a_bound_and_are_never_the_same_for_all():
    """Full jitter: a crowd that lost one server must not come to the next in one moment."""
    rng = random.Random(1)
    pauses = [[backoff_s(attempt, rng) for _ in range(200)] for attempt in (1, 3, 50)]

    assert max(pauses[0]) < 0.2 < max(pauses[1]) < 0.8 < max(pauses[2]) <= PAUSE_S_MAX
    assert min(pauses[2]) < 0.2
