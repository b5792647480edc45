"""Questions to a store from a process that has something else to do: in a thread, few at once, and not for ever.

DuckDB works outside Python's lock, so rows go on coming in meanwhile; a question that takes too long is stopped.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import duckdb

from veigo.telemetry.store import Store

AT_ONCE_MAX = 2
WAITING_MAX = 16  # a page asks three; more are told to come back
WITHIN_S = 10.0

T = TypeVar("T")


class BusyError(Exception):
    """Too many ask already."""


class TooMuchError(Exception):
    """It would take too long, or too much memory."""


class Question:
    """One cursor, which can be stopped from another thread."""

    def __init__(self, store: Store) -> None:
        self._cursor = store.cursor()
        self._stopped = False

    def rows(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[dict[str, Any]]:
        """Ask in SQL, and return the rows by column name."""
        if self._stopped:
            raise TooMuchError
        self._cursor.execute(sql, parameters)
        names = [column[0] for column in self._cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in self._cursor.fetchall()]

    def stop(self) -> None:
        """End what it is doing, with an error there."""
        self._stopped = True
        self._cursor.interrupt()

    def close(self) -> None:
        """Give the cursor back."""
        self._cursor.close()


class Questions:
    """Who asks a store."""

    def __init__(self, store: Store, within_s: float = WITHIN_S) -> None:
        self._store = store
        self._within_s = within_s
        self._places = asyncio.Semaphore(AT_ONCE_MAX)
        self._waiting = 0

    async def ask(self, read: Callable[[Question], T]) -> T:
        """Answer with what `read` returns.

        Raises:
            BusyError: too many ask already.
            TooMuchError: it took too long or too much memory, and was stopped.
        """
        if self._waiting >= WAITING_MAX:
            raise BusyError
        self._waiting += 1
        try:
            async with self._places:
                return await self._answered(read)
        finally:
            self._waiting -= 1

    async def _answered(self, read: Callable[[Question], T]) -> T:
        question = Question(self._store)
        alarm = asyncio.get_running_loop().call_later(self._within_s, question.stop)
        work = asyncio.ensure_future(asyncio.to_thread(read, question))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            question.stop()  # whoever asked has gone
            await asyncio.wait([work])
            raise
        except (duckdb.InterruptException, duckdb.OutOfMemoryException) as error:
            raise TooMuchError from error
        finally:
            alarm.cancel()
            question.close()
