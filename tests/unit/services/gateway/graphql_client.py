"""Somebody who speaks graphql-transport-ws, and the gateway they speak to."""

import asyncio
import json
from contextlib import asynccontextmanager

from websockets.asyncio.client import connect

from unit.services.gateway.fake_realtime import WAIT_S

ROOM = "0192f0c1-2b3c-7d4e-8f50-123456789abc"
OTHER = "0192f0c1-2b3c-7d4e-8f50-123456789abd"
LISTEN = """subscription ($room: String!, $after: Int) {
  roomEvents(roomId: $room, after: $after) { type sequence messageId content reason } }"""
TOKEN = {"authorization": "Bearer token"}


class Client:
    """Somebody who speaks the protocol, one message at a time."""

    def __init__(self, connection):
        self.connection = connection

    async def say(self, kind, **message):
        await self.connection.send(json.dumps({"type": kind, **message}))

    async def hear(self):
        async with asyncio.timeout(WAIT_S):
            return json.loads(await self.connection.recv())

    async def init(self, payload=TOKEN):
        await self.say("connection_init", payload=payload)
        assert {"type": "connection_ack"} == await self.hear()
        return self

    async def subscribe(self, id_="1", query=LISTEN, **variables):
        await self.say("subscribe", id=id_, payload={"query": query, "variables": variables})

    async def event(self, id_="1"):
        """Return the next event, which must be of this subscription."""
        message = await self.hear()
        assert ("next", id_) == (message["type"], message["id"]), message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]["roomEvents"]

    async def places(self, count):
        """Return type and sequence of the next events."""
        events = [await self.event() for _ in range(count)]
        return [(event["type"], event["sequence"]) for event in events]

    async def closed(self):
        """Return code and reason of the Close that comes."""
        async with asyncio.timeout(WAIT_S):
            await self.connection.wait_closed()
        return self.connection.close_code, self.connection.close_reason


class Gateway:
    """A gateway in front of realtimes."""

    def __init__(self, serving, realtimes):
        self.serving, self.realtimes = serving, realtimes

    @property
    def realtime(self):
        return self.realtimes[0]

    @asynccontextmanager
    async def client(self, path="/graphql", subprotocols=("graphql-transport-ws",), **options):
        url = f"ws://127.0.0.1:{self.serving.port}{path}"
        async with connect(url, subprotocols=subprotocols, proxy=None, compression=None, **options) as connection:
            yield Client(connection)

    @asynccontextmanager
    async def listening(self, after=None, at=4):
        """A client that listens to ROOM, and the socket that carries it."""
        async with self.client() as client:
            await client.init()
            carried = await self.realtime.carried()
            await client.subscribe(room=ROOM, after=after)
            await carried.asked()
            await carried.say("JOINED", roomId=ROOM, sequence=at, membershipVersion=1)
            assert [("joined", at)] == await client.places(1)
            yield client, carried
