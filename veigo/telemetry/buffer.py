"""Rows on their way into the store: gathered while they come, and written every second in one piece.

Whoever reports is answered at once and never waits for the disk. A store that cannot keep up fills the buffer, and then
the report is refused: the exporters keep a few batches, then drop and count.
"""

import asyncio
import time

import structlog

from veigo.telemetry.rows import Batch
from veigo.telemetry.store import Store

log = structlog.get_logger()

WRITE_EVERY_S = 1.0
TRIM_EVERY_S = 20.0
ROWS_AT_ONCE_MAX = 5_000  # of each table, in one transaction: some 20 MB of memory
ROWS_WAITING_MAX = 100_000  # about 100 MB of Python objects at worst; at 5,000 rows a second that is 20 s


class FullError(Exception):
    """The store cannot keep up."""


class Buffer:
    """What was received and is not written yet."""

    def __init__(self, store: Store) -> None:
        self.received = 0  # rows
        self.spans = 0  # those among them
        self.refused = 0  # reports
        self.lost = 0  # rows that the store would not take
        self._store = store
        self._waiting = Batch()
        self._writing = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """Rows that are not written yet."""
        return len(self._waiting)

    def add(self, batch: Batch) -> None:
        """Take rows in.

        Raises:
            FullError: too many wait already.
        """
        if self.waiting >= ROWS_WAITING_MAX:
            self.refused += 1
            raise FullError
        self.received += len(batch)
        self.spans += len(batch.spans)
        self._waiting.extend(batch)

    async def flush(self) -> None:
        """Write what waits now, and return when it can be read."""
        async with self._writing:
            batch, self._waiting = self._waiting, Batch()
            if not len(batch):
                return
            for part in batch.slices(ROWS_AT_ONCE_MAX):
                await self._write(part)

    async def _write(self, part: Batch) -> None:
        try:
            await asyncio.to_thread(self._store.write, part)
        except Exception as error:  # noqa: BLE001 - rows that cannot be written must not end the writing of all others
            self.lost += len(part)
            # Not the traceback: the rows stand in it.
            log.error("rows_lost", rows=len(part), error=type(error).__name__, reason=str(error)[:200])

    async def run(self) -> None:
        """Write and trim until cancelled."""
        trimmed_s = time.monotonic()
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            await self.flush()
            if time.monotonic() - trimmed_s > TRIM_EVERY_S:
                trimmed_s = time.monotonic()
                if gone := await asyncio.to_thread(self._store.trim):
                    log.info("oldest_rows_went", **gone)
