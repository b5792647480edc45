"""A database of the peers' own beside the stack's: what Socket.IO's server keeps, and Centrifugo's outbox."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg

from bench.peers.centrifugo import NOTIFIED, OUTBOX
from bench.peers.listener import text
from bench.peers.said import Write
from bench.site import Site
from stack import postgres

DATABASE = "peers"
WRITERS = 8

# The outbox and its trigger are as Centrifugo's documentation has them.
TABLES = f"""
    CREATE TABLE messages (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, room text NOT NULL, content text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE {OUTBOX} (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, method text NOT NULL, payload jsonb NOT NULL,
        partition integer NOT NULL DEFAULT 0, created_at timestamptz NOT NULL DEFAULT now());
    CREATE FUNCTION tell_centrifugo() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_notify('{NOTIFIED}', NEW.partition::text); RETURN NEW; END $$;
    CREATE TRIGGER tell_centrifugo AFTER INSERT ON {OUTBOX} FOR EACH ROW EXECUTE FUNCTION tell_centrifugo()"""

# The message and its outbox row in one statement, so in one transaction and one round trip.
SAY = f"""
    WITH message AS (INSERT INTO messages (room, content) VALUES ($1, $2) RETURNING *)
    INSERT INTO {OUTBOX} (method, payload)
    SELECT 'publish', jsonb_build_object('channel', room, 'data', jsonb_build_object(
        'id', id, 'roomId', room, 'content', content, 'createdAt', created_at))
    FROM message"""  # noqa: S608 - the names are ours


@asynccontextmanager
async def peers_database(site: Site) -> AsyncIterator[str]:
    """Make it anew; give its connection URL, and drop it at the end."""
    connection = await postgres.connect(site.stack, "postgres")
    drop = f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)"
    try:
        await connection.execute(drop)
        await connection.execute(f"CREATE DATABASE {DATABASE}")
        inside = await postgres.connect(site.stack, DATABASE)
        try:
            await inside.execute(TABLES)
        finally:
            await inside.close()
        yield postgres.dsn(site.stack, postgres.SUPERUSER, DATABASE)
    finally:
        await asyncio.shield(connection.execute(drop))
        await connection.close()


@asynccontextmanager
async def outbox(dsn: str) -> AsyncIterator[Callable[[str, int], Write]]:
    """Give what makes a `Write` for a channel and a length of text."""
    async with asyncpg.create_pool(dsn, min_size=WRITERS, max_size=WRITERS) as pool:

        def write_into(channel: str, size: int) -> Write:
            async def write(number: int) -> None:
                await pool.execute(SAY, channel, text(number, size))

            return write

        yield write_into
