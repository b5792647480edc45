"""Somebody who listens by GraphQL in live tests; graphql-transport-ws spoken by hand, so that no library hides it."""

import asyncio
import json
from contextlib import asynccontextmanager

from websockets.asyncio.client import connect

WITHIN_S = 20
LISTEN = """subscription ($room: String!, $after: Int) { roomEvents(roomId: $room, after: $after)
    { type roomId sequence createdAt messageId senderId content messageSequence memberId name privacy reason } }"""


class Listener:
    """One GraphQL socket, spoken by hand."""

    def __init__(self, connection):
        self.connection = connection

    async def say(self, kind, **message):
        await self.connection.send(json.dumps({"type": kind, **message}))

    async def hear(self):
        async with asyncio.timeout(WITHIN_S):
            return json.loads(await self.connection.recv())

    async def subscribe(self, room, after=None, id_="1"):
        payload = {"query": LISTEN, "variables": {"room": room, "after": after}}
        await self.say("subscribe", id=id_, payload=payload)

    async def event(self, id_="1"):
        message = await self.hear()
        assert ("next", id_) == (message["type"], message["id"]), message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]["roomEvents"]

    async def events(self, count):
        return [await self.event() for _ in range(count)]

    async def closed(self):
        async with asyncio.timeout(WITHIN_S):
            await self.connection.wait_closed()
        return self.connection.close_code, self.connection.close_reason


@asynccontextmanager
async def opened(stack, subprotocol="graphql-transport-ws", path="/graphql"):
    """Open a socket and say nothing yet."""
    url = f"ws://{stack.nodes['gateway']}{path}"
    async with connect(url, subprotocols=[subprotocol], proxy=None, compression=None) as connection:
        yield Listener(connection)


@asynccontextmanager
async def listener(person, *, token=None, **options):
    """Open a socket as somebody, and be let in."""
    async with opened(person.stack, **options) as socket:
        await socket.say("connection_init", payload={"authorization": f"Bearer {token or person.token}"})
        assert {"type": "connection_ack"} == await socket.hear()
        yield socket
