"""A WebSocket to a realtime, over which one client's subscriptions get their rooms' events.

When the socket is lost (its realtime is drained, or died) another one is opened, to another realtime if there is one,
and every room goes on after the last event it passed on (`listening.py`); the subscribers do not notice. What they do
notice is an end: a token that is no longer good, nobody to connect to for `RECONNECT_S_MAX`, or their own slowness.

Nothing piles up here: events wait in each subscriber's bounded queue, and while one is full this socket is not read.
Then realtime's own bound for sockets that do not read applies, so a client that resumes a long history is sent it at
its own pace.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

import msgspec
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus

from services.gateway import room_frames
from services.gateway.event_queue import EventQueue
from services.gateway.listening import AGAIN, Listening
from services.gateway.realtimes import Address, Realtimes
from services.gateway.room_frames import Frame
from services.problems import Code, Problem

log = structlog.get_logger()

CONNECT_S = 2.0  # to each realtime that is tried, its answer to the handshake included
RECONNECT_S_MAX = 20.0  # a restarted realtime is back in a few; then subscribers are told to come again
RECONNECT_PAUSE_S = 0.1  # after all were tried once; doubles
RECONNECT_PAUSE_S_MAX = 2.0
REJOINS_MAX = 15  # of a room that realtime cannot look up yet after a restart
REJOIN_PAUSE_S = 1.0
GOODBYE_S = 1.0  # for realtime to answer our close
FRAME_BYTES_MAX = 256 * 1024  # a message of the greatest length in its frame is a quarter of it
UNAUTHORIZED, TOO_SLOW = 4401, 4408  # realtime's close codes


class TooSlow(Exception):  # noqa: N818 - what the client is
    """The client takes less than it asked for."""


class Subscription:
    """One subscriber's place in a room, and the events that wait for them."""

    def __init__(self, room_id: str, after: int | None) -> None:
        self.listening = Listening(room_id, after)
        self.events = EventQueue()
        self.rejoins = 0


class Upstream:
    """One socket, and whoever replaces it."""

    def __init__(self, realtimes: Realtimes, token: str, on_end: Callable[[Exception], None]) -> None:
        """Make one that is not open yet; `on_end` hears why it ended, if it did so by itself."""
        self._realtimes = realtimes
        self._token = token
        self._on_end = on_end
        self._rooms: dict[str, Subscription] = {}
        self._leaving: set[str] = set()  # rooms whose last frame, the answer to our leaving, is still to come
        self._connection: ClientConnection | None = None
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._opened.add_done_callback(lambda opened: opened.cancelled() or opened.exception())  # heard, also by nobody
        self._running = asyncio.create_task(self._run())
        self._rejoining: set[asyncio.Task[None]] = set()

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._running.done()

    @property
    def idle(self) -> bool:
        """Whether nobody listens to anything here."""
        return not self._rooms

    def carries(self, room_id: str) -> bool:
        """Whether somebody listens to the room here, or did a moment ago; then nobody else can."""
        return room_id in self._rooms or room_id in self._leaving

    def opened(self) -> Awaitable[None]:
        """Return when it is open for the first time; raises the Problem when it cannot be."""
        return asyncio.shield(self._opened)

    async def listen(self, subscription: Subscription) -> None:
        """Ask for a room that is not carried yet."""
        self._rooms[subscription.listening.room_id] = subscription
        await self._join(subscription)

    async def leave(self, subscription: Subscription) -> None:
        """Ask for no more of a room; nothing when it has ended already."""
        subscription.events.end()
        await self._forget(subscription, joined=True)

    async def close(self) -> None:
        """Close the socket; whoever still listens hears no more."""
        for task in (self._running, *self._rejoining):
            task.cancel()
        await asyncio.wait({self._running})

    # One socket after the other.

    async def _run(self) -> None:
        try:
            while True:
                async with self._connected() as connection:
                    self._connection = connection
                    for subscription in list(self._rooms.values()):
                        await self._join(subscription)
                    if not self._opened.done():
                        self._opened.set_result(None)
                    await self._read(connection)
        except (Problem, TooSlow) as end:
            self._end(end)
        except Exception:
            log.exception("upstream_failed")
            self._end(Problem(Code.INTERNAL, f"Something failed on our side; {AGAIN}."))

    def _end(self, why: Exception) -> None:
        if not self._opened.done():
            self._opened.set_exception(why)
        for subscription in self._rooms.values():
            subscription.events.end(why)
        self._rooms.clear()
        self._on_end(why)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[ClientConnection]:
        connection, address = await self._connect()
        try:
            yield connection
        finally:
            self._connection = None
            self._leaving.clear()
            for subscription in self._rooms.values():
                subscription.listening.lost()
            self._realtimes.lost(address)
            await connection.close()

    async def _connect(self) -> tuple[ClientConnection, Address]:
        give_up_s = time.monotonic() + RECONNECT_S_MAX
        pause_s = RECONNECT_PAUSE_S
        while True:
            for address in self._realtimes.to_try(time.monotonic()):
                connection = await self._reach(address)
                if connection is not None:
                    return connection, address
            if time.monotonic() > give_up_s:
                raise Problem(Code.UNAVAILABLE, f"Live events cannot be reached now; {AGAIN}.")
            await asyncio.sleep(pause_s * random.uniform(0.5, 1))  # noqa: S311 - so that not all come at once
            pause_s = min(2 * pause_s, RECONNECT_PAUSE_S_MAX)

    async def _reach(self, address: Address) -> ClientConnection | None:
        self._realtimes.took(address)  # at once: others choose theirs while we connect
        reached = None
        try:
            reached = await connect(
                f"ws://{address}/",
                additional_headers={"Authorization": f"Bearer {self._token}"},
                compression=None,
                proxy=None,
                max_size=FRAME_BYTES_MAX,
                open_timeout=CONNECT_S,
                close_timeout=GOODBYE_S,
            )
        except InvalidStatus as refused:
            if refused.response.status_code == HTTPStatus.UNAUTHORIZED:
                reason = refused.response.headers.get("X-WebSocket-Reject-Reason", "The access token is not accepted.")
                raise Problem(Code.UNAUTHENTICATED, reason) from None
            self._passed_over(address, f"HTTP {refused.response.status_code}")
        except (OSError, TimeoutError, InvalidHandshake, InvalidMessage) as error:
            self._passed_over(address, type(error).__name__)
        finally:
            if reached is None:
                self._realtimes.lost(address)
        return reached

    def _passed_over(self, address: Address, reason: str) -> None:
        self._realtimes.avoid(address, time.monotonic())
        log.warning("realtime_unreachable", address=str(address), reason=reason)

    # What is said over it.

    async def _say(self, text: str) -> None:
        if self._connection is not None:
            with suppress(ConnectionClosed):  # whoever reads it learns that, and asks for every room on the next one
                await self._connection.send(text)

    async def _join(self, subscription: Subscription) -> None:
        listening = subscription.listening
        if self._rooms.get(listening.room_id) is subscription:  # nobody left meanwhile
            await self._say(room_frames.join(listening.room_id, listening.after))

    async def _read(self, connection: ClientConnection) -> None:
        """Take what comes until the socket is lost; raises what ends them all."""
        try:
            while True:
                await self._take(room_frames.read(await connection.recv()))
        except ConnectionClosed as closed:
            code = None if closed.rcvd is None else closed.rcvd.code
            reason = "" if closed.rcvd is None else closed.rcvd.reason
            log.info("upstream_lost", code=code, reason=reason)
        except msgspec.DecodeError as error:
            raise Problem(Code.INTERNAL, f"Something failed on our side; {AGAIN}.") from error
        if code == UNAUTHORIZED:
            raise Problem(Code.UNAUTHENTICATED, reason[:1].upper() + reason[1:] + ".")
        if code == TOO_SLOW:
            raise TooSlow

    async def _take(self, frame: Frame) -> None:
        room_id = frame.said.room_id
        if room_id is None:
            log.warning("realtime_refused", code=frame.said.code, reason=frame.said.reason)
            return
        if room_id in self._leaving:
            if frame.type == room_frames.LEFT and frame.said.reason is None:  # with a reason it is about something else
                self._leaving.discard(room_id)
            return
        subscription = self._rooms.get(room_id)
        if subscription is None:
            return
        try:
            step = subscription.listening.take(frame)
        except Problem as problem:
            if not self._rejoins(subscription, problem):
                subscription.events.end(problem)
                await self._forget(subscription, joined=frame.type != room_frames.ERROR)
            return
        if step is None:
            subscription.rejoins = 0
            return
        try:
            await subscription.events.put(step.event)
        except TimeoutError:
            raise TooSlow from None
        if step.last:
            subscription.events.end()
            await self._forget(subscription, joined=False)

    async def _forget(self, subscription: Subscription, *, joined: bool) -> None:
        """Carry a room no more; when realtime still does, that is over with its answer."""
        room_id = subscription.listening.room_id
        if self._rooms.get(room_id) is subscription:
            del self._rooms[room_id]
            if joined and self._connection is not None:
                self._leaving.add(room_id)
                await self._say(room_frames.leave(room_id))

    def _rejoins(self, subscription: Subscription, problem: Problem) -> bool:
        """Whether a refusal is one that passes: right after a restart not everybody realtime asks may be there."""
        passes = subscription.listening.resuming and problem.code is Code.UNAVAILABLE
        if not passes or subscription.rejoins >= REJOINS_MAX:
            return False
        subscription.rejoins += 1
        task = asyncio.create_task(self._rejoin(subscription))
        self._rejoining.add(task)
        task.add_done_callback(self._rejoining.discard)
        return True

    async def _rejoin(self, subscription: Subscription) -> None:
        await asyncio.sleep(REJOIN_PAUSE_S)
        await self._join(subscription)
