"""Forgets the beginnings of rooms' logs: a job in every replica; what one has done the others find done.

Whoever asks for events from before that is told RESET. Messages, members and rooms stay: the log is how changes
travel, not where they are kept.
"""

import asyncio

import asyncpg
import structlog

from services.chat.log_store import LogStore

log = structlog.get_logger()

BATCH_ROWS_MAX = 2_000  # in one transaction, which holds up the room's messages
ROOMS_AT_ONCE_MAX = 500

TROUBLE = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


async def sweep(store: LogStore, kept_s: float) -> int:
    """Forget every event older than `kept_s`, and what comes before it in its room; return how many that were."""
    forgotten = 0
    while beginnings := await store.old_beginnings(kept_s, ROOMS_AT_ONCE_MAX):
        before = forgotten
        for room_id, up_to in beginnings:
            while (batch := await store.forget(room_id, up_to, BATCH_ROWS_MAX)) > 0:
                forgotten += batch
        if forgotten == before:  # another replica is at the same ones
            break
    return forgotten


async def run(store: LogStore, kept_s: float, every_s: float) -> None:
    """Sweep now and every `every_s` until cancelled; a sweep that fails is logged, and the next one makes up for it."""
    while True:
        try:
            forgotten = await sweep(store, kept_s)
        except TROUBLE as error:
            log.warning("sweep_failed", error=repr(error))
        else:
            if forgotten:
                log.info("swept", room_events=forgotten)
        await asyncio.sleep(every_s)
