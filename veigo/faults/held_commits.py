"""Transactions that have written everything and do not commit yet: held by a lock that each takes at its very end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from veigo.faults.site import Site
from veigo.stack.problem import NotReadyError
from veigo.stack.readiness import until

DATABASE = "chat_db"
HELD_S_MAX = 8  # a call's deadline is ten seconds
# Deferred: a transaction has written all its rows when it comes to wait here, and then it commits.
HOLD = (
    """CREATE OR REPLACE FUNCTION veigo_hold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN PERFORM pg_advisory_xact_lock_shared(76); RETURN NULL; END $$""",
    """CREATE CONSTRAINT TRIGGER veigo_hold AFTER INSERT ON room_events DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION veigo_hold()""",
)
HOLDER = f"SELECT pg_advisory_lock(76), pg_sleep({HELD_S_MAX})"
WAITING = """
    SELECT pid, pg_current_wal_lsn()::text AS lsn FROM pg_locks
    WHERE locktype = 'advisory' AND objid = 76 AND NOT granted"""
# Whoever waits, or has waited, holds it shared, and is left alone.
RELEASE = """
    SELECT pg_cancel_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND objid = 76 AND granted AND mode = 'ExclusiveLock'"""
FORGET = "DROP FUNCTION IF EXISTS veigo_hold() CASCADE"


@contextlib.asynccontextmanager
async def held_commits(site: Site) -> AsyncIterator[None]:
    """Let nobody commit a change of a room until the context is left, or for so many seconds."""
    for statement in HOLD:
        await site.sql(DATABASE, statement)
    holding = asyncio.create_task(site.sql(DATABASE, HOLDER))
    try:
        yield
    finally:
        await site.sql(DATABASE, RELEASE)
        with contextlib.suppress(Exception):  # it was told to end early
            await holding


async def rows(site: Site, otherwise: str, query: str, *values: object) -> list[dict[str, Any]]:
    """Ask until there are rows.

    Raises:
        StackError: there were none for as long as commits are held, which ``otherwise`` puts into words.
    """
    found: list[dict[str, Any]] = []

    async def look() -> None:
        found.extend(await site.sql(DATABASE, query, *values))
        if not found:
            raise NotReadyError("not yet")

    await until(look, HELD_S_MAX, otherwise)
    return found
