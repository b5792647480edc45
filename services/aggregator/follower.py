"""Follows the change log: take a batch, do what the rules ask for, remember the position. In that order, for ever.

What the policies wait for is done at once. Messages alone are gathered for a tenth of a second: nobody decides by
them, and a busy room's many changes of its newest message become one write.

A batch is done when MongoDB has its documents, the dead letters are buried and OPA has its patch; only then does the
position advance. So whatever fails or dies in between, the batch is done again, which changes nothing (projection.py
says why). A part that is away stops us there: we try again, with growing pauses and no end, take nothing more from
Kafka meanwhile, and /healthz says what we wait for.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import aiohttp
import structlog
from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError

from services.aggregator.change_log import RECORDS_MAX, ChangeLog
from services.aggregator.documents import Documents
from services.aggregator.lease import Lease
from services.aggregator.opa_data import PolicyData, Refused
from services.aggregator.progress import Progress, clock_s
from services.aggregator.projection import Held, Projection, given, patch, project, project_snapshot
from services.aggregator.rebuild_order import RebuildOrder
from services.aggregator.way import Way

CHECK_EVERY_S = 0.5  # how soon an OPA that came up empty, or a MongoDB that forgot, is noticed without traffic
TAKE_WAIT_S = 0.2  # how long to wait for a first record; SIGTERM is noticed within it
GATHER_S = 0.1  # how long what nobody waits for is gathered
FIRST_PAUSE_S = 0.05
PAUSE_S_MAX = 1.0
SNAPSHOT_WAIT_S_MAX = 10.0  # for the next row of a snapshot that Kafka said it has whole
WATCH_EVERY_S = 1.0

AWAY = (PyMongoError, KafkaError, aiohttp.ClientError, Refused, TimeoutError, OSError)

Result = TypeVar("Result")
log = structlog.get_logger()


class Follower:
    """The one task that reads, projects and writes."""

    def __init__(
        self, changes: ChangeLog, documents: Documents, policies: PolicyData, progress: Progress, lease: Lease
    ) -> None:
        self._changes = changes
        self._documents = documents
        self._policies = policies
        self._progress = progress
        self._lease = lease
        self._held = Held()
        self._checked_at_s = 0.0
        self._way = Way()

    async def run(self, stopping: asyncio.Event) -> None:
        """Follow until told to stop, and finish the batch in hand."""
        partitions = await self._insist("kafka", self._changes.open)
        self._progress.positions = dict.fromkeys(partitions, 0)
        await self._resume()
        await self._load()
        while not stopping.is_set():
            projection = await self._gather(stopping)
            if projection.records:
                await self._apply(projection)
            if clock_s() - self._checked_at_s >= CHECK_EVERY_S:
                await self._check()

    async def _gather(self, stopping: asyncio.Event) -> Projection:
        """Read until something is urgent, enough, or has waited for long enough; or nothing came for a while."""
        projection = Projection()
        due_s = float("inf")
        wait_s = TAKE_WAIT_S
        while wait_s > 0 and not stopping.is_set():
            records = await self._insist("kafka", partial(self._changes.take, wait_s))
            self._way.read(records)
            project(records, self._held, projection)
            if projection.urgent or projection.records >= RECORDS_MAX or not projection.records:
                break
            due_s = min(due_s, clock_s() + GATHER_S)
            wait_s = due_s - clock_s()
        return projection

    async def watch(self) -> None:
        """Note how far the log goes, once a second for ever; and that Kafka is away, when it is."""
        progress = self._progress
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            if not progress.assigned:
                continue
            try:
                bounds = await self._changes.bounds(list(progress.positions))
            except AWAY as error:
                progress.log_away = f"kafka: {_reason(error)}"
            else:
                progress.log_away = None
                progress.ends = {where: end for where, (_, end) in bounds.items()}

    async def _apply(self, projection: Projection) -> None:
        """Do everything a batch asks for."""
        progress = self._progress
        with self._way.step("mongo write"):
            await self._write(projection)
        operations = patch(projection, self._held)
        if operations:
            with self._way.step("opa patch"):
                patched = await self._insist("opa", lambda: self._policies.patch(operations))
            if patched:
                given(projection, self._held)
            else:
                await self._load()
        self._way.applied()
        expected = {where: progress.positions[where] for where in projection.positions}
        if not await self._insist("mongodb", lambda: self._documents.advance(expected, projection.positions)):
            await self._resume()
            return
        progress.positions.update(projection.positions)
        progress.rooms, progress.sessions = len(self._held.rooms), len(self._held.sessions)
        progress.records += projection.records
        progress.ignored += projection.ignored
        progress.applied_at_s = clock_s()

    async def _write(self, projection: Projection) -> None:
        """Write the documents, and set aside what could not be read."""
        await self._insist("mongodb", lambda: self._documents.write(projection.writes))
        if projection.dead_letters:
            first = projection.dead_letters[0]
            at = f"{first.record.topic}:{first.record.partition}@{first.record.offset}"
            log.warning("set records aside", count=len(projection.dead_letters), first=at, reason=first.reason)
            await self._insist("kafka", lambda: self._changes.bury(projection.dead_letters))
            self._progress.dead_letters += len(projection.dead_letters)

    async def _resume(self) -> None:
        """Go on from the stored positions: at the start, and when MongoDB does not remember what we did."""
        progress = self._progress
        while order := await self._insist("mongodb", self._documents.order):
            await self._rebuild(order)
        partitions = list(progress.positions)
        stored = await self._insist("mongodb", lambda: self._documents.positions(partitions))
        bounds = await self._insist("kafka", lambda: self._changes.bounds(partitions))
        starts = {where: first_to_read(stored[where], *bounds[where]) for where in partitions}
        for where, start in starts.items():
            if start > stored[where]:
                progress.gaps[where] = (stored[where], start)
                log.error("records are gone from Kafka unread; rebuild from an empty database", partition=where)
        if progress.assigned:
            progress.rewinds += 1
            log.warning("MongoDB does not stand where we left it; going back to what it has", stored=str(stored))
        self._changes.read_from(starts)
        progress.positions = stored
        progress.ends = {where: end for where, (_, end) in bounds.items()}
        progress.assigned = True

    async def _rebuild(self, order: RebuildOrder) -> None:
        """Make the documents anew; OPA keeps what it has meanwhile, and gets what only the snapshot knew after it."""
        self._progress.rebuilds += 1
        self._progress.gaps.clear()
        log.info("making the documents anew", snapshot=order.snapshot, rows=order.end)
        await self._insist("mongodb", lambda: self._documents.begin_anew(order))
        if order.snapshot is not None:
            if not await self._take_in(order.snapshot, order.end):
                return  # and look for the order again: perhaps there is another, perhaps Kafka has the rows by now
            await self._load()
        await self._insist("mongodb", lambda: self._documents.forget(order))

    async def _take_in(self, topic: str, end: int) -> bool:
        """Write the documents of a snapshot; False when its topic has no more rows for us before its end."""
        self._changes.read_from({(topic, 0): 0})
        reached, heard_s = 0, clock_s()
        while reached < end:
            records = await self._insist("kafka", partial(self._changes.take, TAKE_WAIT_S))
            if records:
                heard_s = clock_s()
                projection = project_snapshot(records)
                await self._write(projection)
                reached = projection.positions[topic, 0]
                self._progress.records += projection.records
            elif clock_s() - heard_s > SNAPSHOT_WAIT_S_MAX:
                log.error("a snapshot ends early; beginning again", topic=topic, rows=reached, announced=end)
                return False
        return True

    async def _load(self) -> None:
        """Give OPA everything the documents hold, at once."""
        self._progress.loaded = False
        data, held = await self._insist("mongodb", self._documents.policy_data)
        await self._insist("opa", lambda: self._policies.load(data))
        self._held = held
        progress = self._progress
        progress.rooms, progress.sessions = len(held.rooms), len(held.sessions)
        progress.loads += 1
        progress.loaded = True
        log.info("loaded OPA", rooms=progress.rooms, sessions=progress.sessions)

    async def _check(self) -> None:
        """Without traffic too: is there an order, does OPA hold what we gave it, does MongoDB remember where we are?"""
        if not await self._insist("opa", self._policies.is_loaded):
            await self._load()
        positions = self._progress.positions
        ordered = await self._insist("mongodb", self._documents.order) is not None
        if ordered or await self._insist("mongodb", lambda: self._documents.positions(positions)) != positions:
            await self._resume()
        self._checked_at_s = clock_s()

    async def _insist(self, part: str, step: Callable[[], Awaitable[Result]]) -> Result:
        """Try a step until it succeeds, saying meanwhile what we wait for; LeaseLost when it is another's to do."""
        pause_s = FIRST_PAUSE_S
        while True:
            self._lease.require()
            self._progress.step = (part, clock_s())
            try:
                result = await step()
            except AWAY as error:
                if self._progress.waiting_for is None:
                    log.warning("waiting", part=part, reason=_reason(error))
                self._progress.waiting_for = f"{part}: {_reason(error)}"
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, PAUSE_S_MAX)
            else:
                self._progress.step = None
                if self._progress.waiting_for is not None:
                    log.info("going on", part=part)
                    self._progress.waiting_for = None
                return result


def first_to_read(stored: int, begin: int, end: int) -> int:
    """Where to start in a partition that holds [begin, end).

    What was deleted before we read it cannot be had any more; a position past the end is another log's, so this one
    is read from its beginning.
    """
    return begin if stored > end else max(stored, begin)


async def follow_until(follower: Follower, ending: asyncio.Event, drain_s: float) -> None:
    """Follow until `ending`, then finish the batch in hand within `drain_s`; what is not finished is done again.

    Raises:
        LeaseLost: it was another's to finish.
    """
    following = asyncio.create_task(follower.run(ending))
    watching = asyncio.create_task(follower.watch())
    asked = asyncio.create_task(ending.wait())
    await asyncio.wait({following, watching, asked}, return_when=asyncio.FIRST_COMPLETED)
    ending.set()
    await asyncio.wait({following}, timeout=drain_s)
    tasks = (following, watching, asked)
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):  # a defect, or the lease, not an outage: those are waited for
            raise outcome


def _reason(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:300]
