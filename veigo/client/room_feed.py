"""Rooms' events, for an application that does not want to know about connections.

    async with RoomFeed(["http://localhost:4000"], token, random.Random()) as feed:
        feed.join(room)                     # or feed.join(room, after=the last sequence you have)
        async for event in feed:
            match event.kind:
                case Kind.EVENT: ...        # each once, in order, none missing
                case Kind.RESET: ...        # read the room anew (ListMessages), then go on
                case Kind.ENDED: ...        # not a member any more

It reconnects by itself, to the next of the gateways it was given, with exponential backoff and full jitter (Brooker,
"Exponential Backoff And Jitter", 2015), and resumes every room after the last event it gave you. An application that
does not take its events holds up the reading; if it does so for long the server closes the socket, and the feed
resumes. It gives up only when the token is refused: then the iteration raises `Unauthorized`.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from veigo.client.places import Asked, Event, GapError, Places

OPEN_WAIT_S = 10.0
CLOSE_WAIT_S = 2.0
FIRST_PAUSE_S = 0.1
PAUSE_S_MAX = 2.0  # so that whoever waits out a restart is back soon after it; five hundred of them spread well enough
EVENTS_WAITING_MAX = 10_000  # not taken by the application yet; above, nothing is read
FRAME_BYTES_MAX = 1 << 20
JOINS_AT_ONCE = 80  # the server allows a hundred frames at once, and fifty a second after that
JOIN_EVERY_S = 0.025
REFUSED_STATUS = frozenset({401, 403})
REFUSED_CODE = 4401

Token = Callable[[bool], Awaitable[str | None]]


class Unauthorized(Exception):  # noqa: N818 - an answer of the server
    """The token is no good, and there is no other."""


class Observer(Protocol):
    """Somebody who watches the connections, for a history or a log."""

    def opened(self) -> None:
        """A connection was opened."""

    def frame(self, text: bytes) -> None:
        """It brought a frame."""

    def closed(self, code: int | None, reason: str, *, ours: bool) -> None:
        """It ended, by us or by the other side; `code` is None when it broke."""


class Unobserved:
    """Nobody."""

    def opened(self) -> None:
        """Do nothing."""

    def frame(self, text: bytes) -> None:
        """Do nothing."""

    def closed(self, code: int | None, reason: str, *, ours: bool) -> None:
        """Do nothing."""


def backoff_s(attempt: int, rng: random.Random) -> float:
    """Return how long to wait before the next attempt: anything up to a bound that doubles each time."""
    return rng.uniform(0, min(PAUSE_S_MAX, FIRST_PAUSE_S * 2 ** min(attempt, 10)))


class RoomFeed:
    """The events of some rooms, whatever becomes of the connections they come by."""

    def __init__(
        self,
        gateways: Sequence[str],
        token: Token,
        rng: random.Random,
        observer: Observer | None = None,
    ) -> None:
        """Make a feed.

        Args:
            gateways: their URLs (`http://…`), tried in turn.
            token: returns an access token; told True when the last one was refused, and may then return None.
            rng: of the jitter.
            observer: is told of every connection and frame.
        """
        self.reconnects = 0
        self._gateways = gateways
        self._token = token
        self._rng = rng
        self._observer = observer or Unobserved()
        self._places = Places()
        self._events: asyncio.Queue[Event | Exception] = asyncio.Queue(EVENTS_WAITING_MAX)
        self._connection: ClientConnection | None = None
        self._joined = asyncio.Condition()
        self._asking: set[asyncio.Task[None]] = set()
        self._closing = False
        self._running: asyncio.Task[None] | None = None

    @property
    def repeated(self) -> int:
        """Events that came again and were dropped."""
        return self._places.repeated

    def join(self, room: str, after: int | None = None) -> None:
        """Want a room's events: those after a sequence, or those from now on."""
        self._places.want(room, after)
        self._ask(room, 0.0)

    def leave(self, room: str) -> None:
        """Want them no more."""
        self._places.leave(room)

    async def joined(self, room: str, *, within_s: float = 30.0) -> None:
        """Wait until the connection of the moment is in a room; TimeoutError when it is not in time."""
        async with asyncio.timeout(within_s), self._joined:
            await self._joined.wait_for(lambda: self._places.is_joined(room))

    def wants(self, room: str) -> bool:
        """Whether a room is wanted, and not over."""
        return self._places.is_wanted(room)

    async def ended(self, room: str, *, within_s: float = 30.0) -> None:
        """Wait until a room is over for this feed, left or not a member any more; TimeoutError when not in time."""
        async with asyncio.timeout(within_s), self._joined:
            await self._joined.wait_for(lambda: not self._places.is_wanted(room))

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Give the events, until the token is refused for good."""
        while True:
            event = await self._events.get()
            if isinstance(event, Exception):
                raise event
            yield event

    async def __aenter__(self) -> Self:
        """Begin to connect."""
        self._running = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Disconnect."""
        self._closing = True
        for asking in self._asking:
            asking.cancel()
        if self._connection is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._connection.close(), CLOSE_WAIT_S)
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _run(self) -> None:
        try:
            await self._connect_for_ever()
        except Exception as error:  # noqa: BLE001 - whatever ended it, the application learns of it
            await self._events.put(error)

    async def _connect_for_ever(self) -> None:
        attempt, refused, gateway = 0, False, 0
        while not self._closing:
            token = await self._token(refused)
            if token is None:
                raise Unauthorized("the access token was refused; sign in again")
            refused = False
            try:
                connection = await self._open(self._gateways[gateway % len(self._gateways)], token)
            except InvalidStatus as error:
                refused = error.response.status_code in REFUSED_STATUS
            except (OSError, TimeoutError, WebSocketException):
                pass
            else:
                refused = await self._listen(connection)
                attempt = 0
                self.reconnects += 1
            gateway += 1
            attempt += 1
            await asyncio.sleep(backoff_s(attempt, self._rng))

    async def _open(self, gateway: str, token: str) -> ClientConnection:
        url = f"{gateway.rstrip('/').replace('http', 'ws', 1)}/?token={quote('Bearer ' + token)}"
        return await connect(url, compression=None, proxy=None, max_size=FRAME_BYTES_MAX, open_timeout=OPEN_WAIT_S)

    async def _listen(self, connection: ClientConnection) -> bool:
        """Take a connection's frames to its end; whether it ended because the token is no good any more."""
        self._connection = connection
        self._observer.opened()
        joining = asyncio.create_task(self._join_all(connection))
        try:
            while True:
                text = await connection.recv(decode=False)
                self._observer.frame(text)
                await self._take(text)
        except GapError as gap:
            await connection.close(reason=str(gap)[:100])
            self._observer.closed(None, str(gap), ours=True)
            return False
        except ConnectionClosed as closed:
            end = closed.rcvd
            self._observer.closed(
                end.code if end else None, end.reason if end else "the connection broke", ours=self._closing
            )
            return end is not None and end.code == REFUSED_CODE
        finally:
            joining.cancel()
            self._connection = None
            self._places.disconnected()

    async def _take(self, text: bytes) -> None:
        told = self._places.take(text)
        match told:
            case Event():
                await self._events.put(told)
            case Asked():
                self._ask(told.room, 0.0 if told.soon else backoff_s(4, self._rng))
        async with self._joined:
            self._joined.notify_all()

    async def _join_all(self, connection: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            for number, frame in enumerate(self._places.joins()):
                if number >= JOINS_AT_ONCE:
                    await asyncio.sleep(JOIN_EVERY_S)
                await connection.send(frame, text=True)

    def _ask(self, room: str, after_s: float) -> None:
        """Ask for a room on the connection of the moment; a later connection asks for all of them anyway."""
        connection = self._connection
        if connection is None:
            return

        async def ask() -> None:
            await asyncio.sleep(after_s)
            with contextlib.suppress(ConnectionClosed):
                await connection.send(self._places.join(room), text=True)

        asking = asyncio.create_task(ask())
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)
