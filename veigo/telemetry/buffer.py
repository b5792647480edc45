"""Rows on their way into the store: gathered while they come, and written every other second in one piece.

The parts of a message come from four processes within a second or two. To write each into the message's row took as
long as everything else; so they are put together here, and a row is written when no more of it is to be expected.

Whoever reports is answered at once and never waits for the disk. A store that cannot keep up fills the buffer, and then
the report is refused: the exporters keep a few batches, then drop and count.
"""

import asyncio
import time
from collections.abc import Iterable

import structlog

from veigo.telemetry.rows import Batch, MessagePart
from veigo.telemetry.store import Store

log = structlog.get_logger()

WRITE_EVERY_S = 2.0  # half as often as services send: a transaction costs as much as a hundred rows
PARTS_WITHIN_S = 1.5  # of a message: services send every second
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
        self._messages: dict[str, tuple[float, MessagePart]] = {}  # since when they wait, the oldest first
        self._writing = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """Rows that are not written yet."""
        return len(self._waiting) + len(self._messages)

    def add(self, batch: Batch) -> None:
        """Take rows in.

        Raises:
            FullError: too many wait already.
        """
        if self.waiting >= ROWS_WAITING_MAX:
            self.refused += 1
            raise FullError
        self.received += len(batch)
        self.spans += batch.spans_count
        self._gather(batch.messages)
        batch.messages = []
        self._waiting.extend(batch)

    def _gather(self, parts: Iterable[MessagePart]) -> None:
        now_s = time.monotonic()
        for part in parts:
            known = self._messages.get(part.message_id)
            if known is None:
                self._messages[part.message_id] = now_s, part
            else:
                known[1].add(part)

    def _gathered(self, before_s: float) -> list[MessagePart]:
        """Let those go that wait since before then."""
        over = [message_id for message_id, (since_s, _) in self._messages.items() if since_s <= before_s]
        return [self._messages.pop(message_id)[1] for message_id in over]

    async def flush(self, *, waited_s: float = 0.0) -> None:
        """Write what waits now, of messages those that wait for so long, and return when it can be read."""
        async with self._writing:
            batch, self._waiting = self._waiting, Batch()
            batch.messages = self._gathered(time.monotonic() - waited_s)
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
            await self.flush(waited_s=PARTS_WITHIN_S)
            if time.monotonic() - trimmed_s > TRIM_EVERY_S:
                trimmed_s = time.monotonic()
                if gone := await asyncio.to_thread(self._store.trim):
                    log.info("oldest_rows_went", **gone)
