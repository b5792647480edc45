"""Forgets refresh tokens that expired a while ago: a job in every replica, each taking what no other has taken."""

import asyncio

import asyncpg
import structlog

from services.authentication.store import Store

log = structlog.get_logger()

BATCH_ROWS_MAX = 1_000  # in one transaction, so that nobody waits for it

TROUBLE = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


async def sweep(store: Store, kept_s: float) -> int:
    """Delete every refresh token that expired more than `kept_s` ago, batch by batch; return how many that were."""
    deleted = 0
    while (batch := await store.delete_expired(kept_s, BATCH_ROWS_MAX)) > 0:
        deleted += batch
    return deleted


async def run(store: Store, kept_s: float, every_s: float) -> None:
    """Sweep now and every `every_s` until cancelled; a sweep that fails is logged, and the next one makes up for it."""
    while True:
        try:
            deleted = await sweep(store, kept_s)
        except TROUBLE as error:
            log.warning("sweep_failed", error=repr(error))
        else:
            if deleted:
                log.info("swept", refresh_tokens=deleted)
        await asyncio.sleep(every_s)
