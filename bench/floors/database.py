"""A database of the scoreboard's own in the stack's PostgreSQL, with a table whose rows are like messages."""

import secrets
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg

from bench.site import Site
from stack import postgres

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

CONNECT_WITHIN_S = 5.0
CONTENT = "x" * 100
INSERT = "INSERT INTO messages (id, room_id, sender_id, content, sequence, number) VALUES ($1, $2, $3, $4, $5, $5)"
TABLE = """
    CREATE TABLE messages (
        id         uuid PRIMARY KEY,
        room_id    uuid NOT NULL,
        sender_id  uuid NOT NULL,
        content    text NOT NULL,
        sequence   bigint NOT NULL,
        number     bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (room_id, sequence)
    );
    CREATE PUBLICATION bench FOR TABLE messages"""


@dataclass(frozen=True)
class Database:
    """Where it is."""

    url: str

    async def connect(self) -> "Connection":
        """Open a connection."""
        return await asyncpg.connect(self.url, timeout=CONNECT_WITHIN_S)


class Writer:
    """Writes rows like messages into one room, each in a transaction of its own."""

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._room, self._sender = uuid.uuid4(), uuid.uuid4()
        self._sequence = 0

    async def write(self) -> str:
        """Write a row and commit; return its id."""
        self._sequence += 1
        message_id = uuid.uuid4()
        await self._connection.execute(INSERT, message_id, self._room, self._sender, CONTENT, self._sequence)
        return str(message_id)


@asynccontextmanager
async def database(site: Site) -> AsyncIterator[Database]:
    """Make one, and drop it."""
    name = f"bench_{secrets.token_hex(4)}"
    administrator = await postgres.connect(site.stack, "postgres")
    try:
        await administrator.execute(f"CREATE DATABASE {name}")
        made = Database(postgres.dsn(site.stack, postgres.SUPERUSER, name))
        try:
            connection = await made.connect()
            await connection.execute(TABLE)
            await connection.close()
            yield made
        finally:
            await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await administrator.close()
