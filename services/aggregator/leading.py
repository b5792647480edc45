"""Stand by until the lease is ours, work while it is, stand by again when it is lost; until told to stop."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog
from pymongo.errors import PyMongoError

from services.aggregator.lease import BEAT_EVERY_S, Lease, LeaseLost
from services.aggregator.progress import Progress

log = structlog.get_logger()

Work = Callable[[asyncio.Event], Awaitable[None]]


async def lead(lease: Lease, progress: Progress, work: Work, stopping: asyncio.Event) -> None:
    """Do `work` whenever the lease is ours; it is given the event that ends it."""
    while not stopping.is_set():
        progress.begin(standby=True)
        if await _taken(lease, progress, stopping):
            log.info("at work")
            progress.begin(standby=False)
            await _work(lease, work, stopping)
            log.info("standing by")


async def _taken(lease: Lease, progress: Progress, stopping: asyncio.Event) -> bool:
    """Wait for the lease; False when told to stop first."""
    while not stopping.is_set():
        try:
            if await lease.take():
                return True
            progress.waiting_for = None
        except PyMongoError as error:
            progress.waiting_for = f"mongodb: {str(error)[:300]}"
        await _pause(stopping)
    return False


async def _work(lease: Lease, work: Work, stopping: asyncio.Event) -> None:
    """Work and keep the lease beating, until told to stop or it is lost."""
    ending = asyncio.Event()
    beating = asyncio.create_task(_beat(lease, ending, stopping))
    try:
        await work(ending)
    except LeaseLost:
        log.warning("the lease was lost; another is at work")
    finally:
        ending.set()
        await beating
        with contextlib.suppress(PyMongoError):
            await lease.release()


async def _beat(lease: Lease, ending: asyncio.Event, stopping: asyncio.Event) -> None:
    while not ending.is_set() and not stopping.is_set():
        try:
            await lease.renew()
        except LeaseLost:
            break
        except PyMongoError as error:  # it runs out by itself if this goes on
            log.warning("the lease was not renewed", reason=str(error)[:300])
        await _pause(stopping)
    ending.set()


async def _pause(stopping: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), BEAT_EVERY_S)
