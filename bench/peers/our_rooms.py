"""Rooms of the stack as the peers' measures need them: doors at the gateway and at realtime, and two ways to write.

By the front door a message is a GraphQL mutation, as everybody's is. By the back door it is chat's own statement, from
here: the same rows, without gateway, chat and OPA, where what comes after the commit is what is compared.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote

import asyncpg
import msgspec

from bench.http_connection import HttpConnection
from bench.measure import Void
from bench.peers.listener import Door, text
from bench.peers.said import Write
from bench.site import Site
from services.chat.message_store import MessageStore
from services.chat.messages import NewMessage
from stack import postgres
from veigo.client.accounts import Account, room_of, signed_up
from veigo.client.documents import CREATE_MESSAGE, CreateMessageData
from veigo.client.graphql import GraphQL, data_of
from veigo.telemetry.trace_ids import traceparent

CONNECTIONS = 32  # for sending; a message that finds none free waits, and its latency says so
WRITERS = 8
RUN = uuid.uuid4()


@dataclass(frozen=True, slots=True)
class OurRoom:
    """A room of two: one writes, the other listens, on as many sockets as are wanted."""

    id: str
    version: int  # of its membership
    sender: Account
    listener: Account

    def door(self, port: int) -> Door:
        """How the listener gets in, by the gateway's port or directly at a realtime's."""
        wish = msgspec.json.encode({"type": "JOIN_ROOM", "payload": [{"name": self.id}]}).decode()
        path = f"/?token={quote('Bearer ' + self.listener.token)}"
        return Door(port, path=path, say=wish, joined='"JOINED"')


async def our_rooms(site: Site, count: int) -> list[OurRoom]:
    """Make rooms, all of the same two people."""
    async with GraphQL(site.gateway) as graphql:
        sender, listener = await signed_up(graphql, 2, "bench")
        made = [await room_of(graphql, sender, [listener], "Room") for _ in range(count)]
    connection = await postgres.connect(site.stack, "chat_db")
    try:
        known = await connection.fetch("SELECT id::text, membership_version FROM rooms WHERE id::text = ANY($1)", made)
    finally:
        await connection.close()
    versions = {row["id"]: row["membership_version"] for row in known}
    return [OurRoom(room, versions[room], sender, listener) for room in made]


def message_id(number: int) -> uuid.UUID:
    """The id of the message of that number in this run."""
    return uuid.uuid5(RUN, str(number))


@asynccontextmanager
async def front_door(site: Site) -> AsyncIterator[Callable[[OurRoom, int], Write]]:
    """Give what makes a `Write` for a room and a length of text: a GraphQL mutation, not traced."""
    free: asyncio.Queue[HttpConnection] = asyncio.Queue()
    opened = [await HttpConnection.open(site.stack.address("gateway")) for _ in range(CONNECTIONS)]
    for connection in opened:
        free.put_nowait(connection)

    def write_into(room: OurRoom, size: int) -> Write:
        async def write(number: int) -> None:
            known_as = str(message_id(number))
            variables = {"roomId": room.id, "content": text(number, size), "messageId": known_as}
            body = msgspec.json.encode({"query": CREATE_MESSAGE, "variables": variables})
            unsampled = traceparent(known_as)[:-2] + "00"
            headers = {"Authorization": f"Bearer {room.sender.token}", "traceparent": unsampled}
            connection = await free.get()
            try:
                answer = await connection.post("/graphql", body, headers)
                data_of(answer.status, answer.body, CreateMessageData)
            except Exception as error:
                raise Void(f"a message was not accepted: {error}") from error
            finally:
                free.put_nowait(connection)

        return write

    try:
        yield write_into
    finally:
        for connection in opened:
            connection.close()


@asynccontextmanager
async def back_door(site: Site) -> AsyncIterator[Callable[[OurRoom, int], Write]]:
    """Give what makes a `Write` for a room and a length of text: chat's statement, by a pool of connections."""
    dsn = postgres.dsn(site.stack, "chat_service", "chat_db")
    async with asyncpg.create_pool(dsn, min_size=WRITERS, max_size=WRITERS) as pool:
        store = MessageStore(pool)

        def write_into(room: OurRoom, size: int) -> Write:
            room_id, sender = uuid.UUID(room.id), uuid.UUID(room.sender.id)

            async def write(number: int) -> None:
                message = NewMessage(message_id(number), room_id, sender, text(number, size))
                await store.append(message, room.version, None)

            return write

        yield write_into
