"""The events that wait to be sent to one subscriber: a bounded queue with an end."""

import asyncio
from collections import deque

from services.gateway.event_types import RoomEvent

EVENTS_WAITING_MAX = 32  # when as many wait, nothing more is read for this client until one is sent
STALLED_S_MAX = 10.0  # whoever takes none for so long is too slow


class EventQueue:
    """One subscriber's events, to be iterated over; ends when all that was put in before the end was taken."""

    def __init__(self) -> None:
        self._events: deque[RoomEvent] = deque()
        self._over = False
        self._error: Exception | None = None
        self._arrived = asyncio.Event()
        self._taken = asyncio.Event()

    async def put(self, event: RoomEvent) -> None:
        """Put in an event, when there is room for it; one for a subscriber who is gone is dropped.

        Raises:
            TimeoutError: there was no room for `STALLED_S_MAX`.
        """
        if len(self._events) >= EVENTS_WAITING_MAX and not self._over:
            async with asyncio.timeout(STALLED_S_MAX):
                while len(self._events) >= EVENTS_WAITING_MAX and not self._over:
                    self._taken.clear()
                    await self._taken.wait()
        if not self._over:
            self._events.append(event)
            self._arrived.set()

    def end(self, error: Exception | None = None) -> None:
        """Let in nothing more; whoever iterates gets what waits, and then `error` if there is one."""
        if not self._over:
            self._over, self._error = True, error
            self._arrived.set()
            self._taken.set()

    def __aiter__(self) -> "EventQueue":
        return self

    async def __anext__(self) -> RoomEvent:
        """Return the next event, when there is one."""
        while not self._events:
            if self._error is not None:
                raise self._error
            if self._over:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        event = self._events.popleft()
        self._taken.set()
        return event
