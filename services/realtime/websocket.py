"""The edge to the clients: a WebSocket server that obeys the rules of `subscriptions.py` and decides nothing.

How a frame gets to everybody in a room is what this service is for, so it takes the shortest way there is: the JSON
is framed once, the same bytes are written to every member's socket (`fan_out.py`), and nothing is awaited. There is no
task, queue or compression per recipient; what a socket does not take piles up in its own write buffer, and one that
lets too much pile up is closed with 4408. (`websockets.broadcast` frames the message anew for every socket and has no
such bound.)

`GET /healthz` on the same port answers 200 or 503 with JSON.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TypeAlias
from urllib.parse import urlsplit

import msgspec
import structlog
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from services.access_tokens import AccessToken
from services.problems import Code, Problem
from services.realtime import actions, handshake, way
from services.realtime.connection import Connection
from services.realtime.fan_out import write_to_all
from services.realtime.feed import FeedHealth
from services.realtime.keepalive import Wheel
from services.realtime.records import RoomEvent, SessionEnded
from services.realtime.room import LogPage, RoomPosition
from services.realtime.subscriptions import Subscriptions

log = structlog.get_logger()

TICK_S = 1.0
PING = Frame(Opcode.PING, b"").serialize(mask=False)
SOCKETS_MAX = 50_000
RESUME_WAIT_S = 30.0  # for a socket to take a page of what it asked for; then it is too slow
GOODBYES_AT_ONCE = 500  # sockets sent away in one go at a stop, so that they do not all come back in one moment
BACKLOG = 4_096  # connections not accepted yet, as after a restart when everybody comes back

Action: TypeAlias = actions.Action[Connection]


class SocketServer:
    """Carries frames and events to the rules, and their actions to the sockets."""

    def __init__(
        self,
        rules: Subscriptions[Connection],
        admit: Callable[[str], Awaitable[AccessToken]],
        position: Callable[[str, AccessToken, str], Awaitable[RoomPosition]],
        page: Callable[[str, AccessToken, str, int], Awaitable[LogPage]],
        health: Callable[[], FeedHealth],
        origins: frozenset[str],
        ping_interval_s: int = 15,
        sockets_max: int = SOCKETS_MAX,
    ) -> None:
        """Serve by these rules.

        Args:
            rules: decide.
            admit: returns what a usable token says, or raises a Problem.
            position: returns where a room stands that the token's owner may join, or raises a Problem.
            page: returns what such a room's log holds after a sequence, or raises a Problem.
            health: tells whether events arrive.
            origins: accepted `Origin` headers.
            ping_interval_s: how often a socket is asked whether it is there; silent for a whole one, it is cut off.
            sockets_max: how many may be open; one more is refused with 503.
        """
        self._rules = rules
        self._admit = admit
        self._position = position
        self._page = page
        self._health = health
        self._origins = origins
        self._sockets_max = sockets_max
        self._wheel = Wheel[Connection](ping_interval_s)
        self._connections: set[Connection] = set()
        self._asking: set[asyncio.Task[None]] = set()  # for tokens, positions and pages
        self._nobody: asyncio.Event | None = None  # from when on nobody is let in; set when all have gone
        self._unread_bytes_most = 0

    def unread_bytes_most(self) -> int:
        """What waited for the slowest socket to be read, at most, since this was last asked."""
        most, self._unread_bytes_most = self._unread_bytes_most, 0
        return most

    # What comes in.

    def apply(self, event: RoomEvent | SessionEnded) -> None:
        """Take an event from the feed."""
        self._obey(self._rules.apply(event))

    def missed(self) -> None:
        """Send everybody away to join again, because events were missed."""
        self._obey(self._rules.close_all("events were missed; connect again"))

    def heard(self, connection: Connection, message: str | bytes) -> None:
        """Take what a client said."""
        self._obey(self._rules.received(connection, message, time.time()))

    def gone(self, connection: Connection) -> None:
        """Forget a connection, however it ended."""
        self._connections.discard(connection)
        self._wheel.discard(connection)
        self._rules.closed(connection)
        if self._nobody is not None and not self._connections:
            self._nobody.set()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._obey(self._rules.ticked(time.time()))
            self._ask_who_is_there()

    def _ask_who_is_there(self) -> None:
        for connection in self._wheel.move():
            if not connection.has_spoken:  # not even by a pong: it is gone, as TCP would see in a quarter of an hour
                log.info("socket_dead", session_id=connection.access.session_id)
                connection.transport.abort()
            elif connection.is_open:
                connection.has_spoken = False
                connection.transport.write(PING)

    # What goes out.

    def _obey(self, wanted: Iterable[Action]) -> None:
        for action in wanted:
            match action:
                case actions.Deliver():
                    self._deliver(action)
                case actions.AskToJoin():
                    self._begin(self._ask(action))
                case actions.Close():
                    self._close(action)

    def _deliver(self, action: actions.Deliver[Connection]) -> None:
        framed = Frame(Opcode.TEXT, action.frame).serialize(mask=False)
        behind = write_to_all(action.sockets, framed)
        way.handed(action.sockets)
        for connection in behind:
            unread_bytes = connection.transport.get_write_buffer_size()
            self._unread_bytes_most = max(self._unread_bytes_most, unread_bytes)
            if unread_bytes > self._rules.limits.outbound_bytes_max:
                self._obey(self._rules.overflowed(connection))

    async def _ask(self, action: actions.AskToJoin[Connection]) -> None:
        connection = action.socket
        try:
            answer = await self._answer(action)
            wanted = self._rules.answered(connection, action.room_id, action.attempt, answer)
        except Problem as problem:
            wanted = self._rules.answered(connection, action.room_id, action.attempt, problem)
        except Exception:
            log.exception("join_failed", room_id=action.room_id)
            failed = Problem(Code.INTERNAL, "The room could not be joined; the logs of this moment say why")
            wanted = self._rules.answered(connection, action.room_id, action.attempt, failed)
        self._obey(wanted)

    async def _answer(self, action: actions.AskToJoin[Connection]) -> RoomPosition | LogPage:
        connection = action.socket
        if action.after is None:
            return await self._position(connection.token, connection.access, action.room_id)
        try:
            async with asyncio.timeout(RESUME_WAIT_S):
                await connection.drained()
        except TimeoutError:
            self._obey(self._rules.overflowed(connection))
            raise Problem(Code.UNAVAILABLE, "The socket does not take what it asked for") from None
        return await self._page(connection.token, connection.access, action.room_id, action.after)

    def _close(self, action: actions.Close[Connection]) -> None:
        connection = action.socket
        log.info("socket_closed", code=int(action.code), session_id=connection.access.session_id)
        connection.send_close(action.code, action.reason)

    def _begin(self, asking: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(asking)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    # Letting in.

    def requested(self, connection: Connection, opening: ServerProtocol, request: Request) -> None:
        """Decide whether a client is let in."""
        self._begin(self._let_in(connection, opening, request))

    async def _let_in(self, connection: Connection, opening: ServerProtocol, request: Request) -> None:
        try:
            refusal = await self._check(connection, opening, request)
        except Exception:
            log.exception("handshake_failed")
            refusal = _refusal(opening, HTTPStatus.INTERNAL_SERVER_ERROR, "The logs of this moment say why")
        if refusal is None and self._nobody is not None:
            refusal = _refusal(opening, HTTPStatus.SERVICE_UNAVAILABLE, "The service restarts; connect again")
        connection.answer(refusal or opening.accept(request))
        if not connection.is_open:
            return
        self._obey(self._rules.opened(connection, connection.access, time.time()))
        self._wheel.add(connection)
        if not self._health().positioned:  # the place was lost while this one was let in
            self.missed()
        connection.begin()

    async def _check(self, connection: Connection, opening: ServerProtocol, request: Request) -> Response | None:
        """Answer a request with a refusal, or with None when the upgrade may go on."""
        url = urlsplit(request.path)
        if url.path == "/healthz":
            return self._health_page(opening)
        if "Upgrade" not in request.headers:
            return None  # the library words this one
        if not handshake.origin_is_accepted(self._origins, request.headers.get_all("Origin")):
            return _refusal(opening, HTTPStatus.FORBIDDEN, "This Origin is not accepted; add it to ACCEPTED_ORIGINS")
        if self._rules.sockets_count >= self._sockets_max:
            return _refusal(opening, HTTPStatus.SERVICE_UNAVAILABLE, "All sockets are taken; try again shortly")
        if not self._health().positioned:
            return _refusal(opening, HTTPStatus.SERVICE_UNAVAILABLE, "Events cannot be read yet; try again shortly")
        try:
            connection.token = handshake.access_token(url.query, request.headers.get_all("Authorization"))
            connection.access = await self._admit(connection.token)
        except Problem as problem:
            known = problem.code is Code.UNAUTHENTICATED
            status = HTTPStatus.UNAUTHORIZED if known else HTTPStatus.SERVICE_UNAVAILABLE
            return _refusal(opening, status, problem.message)
        return None

    def _health_page(self, opening: ServerProtocol) -> Response:
        feed = self._health()
        page = {
            "status": "ok" if feed.trouble is None else "unavailable",
            "reason": feed.trouble,
            "sockets": self._rules.sockets_count,
            "rooms": self._rules.rooms_count,
            "holes": self._rules.holes,
            "records": feed.records,
            "skipped": feed.skipped,
            "positions": feed.positions,
        }
        status = HTTPStatus.OK if feed.trouble is None else HTTPStatus.SERVICE_UNAVAILABLE
        response = opening.reject(status, msgspec.json.encode(page).decode())
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "application/json"
        return response

    # Living and ending.

    @asynccontextmanager
    async def serving(self, host: str, port: int, drain_s: float) -> AsyncIterator[asyncio.Server]:
        """Serve while the context is open, then send everybody away and wait `drain_s` at most for them to go."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._connection, host, port, backlog=BACKLOG)
        ticking = loop.create_task(self._tick())
        log.info("serving", address=f"{host}:{port}")
        try:
            yield server
        finally:
            ticking.cancel()
            await self._drain(server, drain_s)
            log.info("stopped")

    def _connection(self) -> Connection:
        connection = Connection(self)
        self._connections.add(connection)
        return connection

    async def _drain(self, server: asyncio.Server, drain_s: float) -> None:
        server.close()
        self._nobody = asyncio.Event()
        try:
            async with asyncio.timeout(drain_s):
                while goodbyes := self._rules.close_some(GOODBYES_AT_ONCE, "the service restarts; connect again"):
                    self._obey(goodbyes)
                    await asyncio.sleep(drain_s / 50)
                for task in self._asking:
                    task.cancel()
                for connection in [each for each in self._connections if each.is_opening]:
                    connection.transport.abort()
                if self._connections:
                    await self._nobody.wait()
        except TimeoutError:
            log.warning("drain_cut_short", sockets=len(self._connections), drain_s=drain_s)
            for connection in list(self._connections):
                connection.transport.abort()


def _refusal(opening: ServerProtocol, status: HTTPStatus, reason: str) -> Response:
    response = opening.reject(status, f"{reason}\n")
    response.headers["X-WebSocket-Reject-Reason"] = reason
    return response
