"""The edge to the clients: a WebSocket server that obeys the rules of `subscriptions.py` and decides nothing.

How a frame gets to everybody in a room is what this service is for, so it takes the shortest way there is: the JSON
is framed once, the same bytes are handed to every member's transport, and nothing is awaited. There is no task, queue
or compression per recipient; what a socket does not take piles up in its own write buffer, and one that lets too much
pile up is closed with 4408. (`websockets.broadcast` frames the message anew for every socket and has no such bound.)

`GET /healthz` on the same port answers 200 or 503 with JSON.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TypeAlias
from urllib.parse import urlsplit

import msgspec
import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State

from services.access_tokens import AccessToken
from services.problems import Code, Problem
from services.realtime import actions, handshake, way
from services.realtime.feed import FeedHealth
from services.realtime.keepalive import Wheel
from services.realtime.records import RoomEvent, SessionEnded
from services.realtime.room import LogPage, RoomPosition
from services.realtime.subscriptions import Subscriptions

log = structlog.get_logger()

FRAME_BYTES_MAX = 64 * 1024  # a longer frame from a client is answered with 1009
FRAMES_WAITING_MAX = 16  # frames of one client not handled yet; above, nothing is read from it
HANDSHAKE_S_MAX = 10
CLOSE_GRACE_S = 5.0  # how long a closed socket has to take the close frame before its connection is cut
TICK_S = 1.0
PING = Frame(Opcode.PING, b"").serialize(mask=False)
SOCKETS_MAX = 50_000
RESUME_BUFFER_BYTES = (64 * 1024, 16 * 1024)  # a resuming socket is read its next page when this little is unsent
RESUME_WAIT_S = 30.0  # for a socket to take a page of what it asked for; then it is too slow
GOODBYES_AT_ONCE = 500  # sockets sent away in one go at a stop, so that they do not all come back in one moment
BACKLOG = 4_096  # connections not accepted yet, as after a restart when everybody comes back


class Connection(ServerConnection):
    """A client's connection, which is also the handle the rules know it by."""

    token: str
    access: AccessToken
    heard = True  # since it was asked last whether it is there

    def data_received(self, data: bytes) -> None:
        """Take what came, which also says that the client is there."""
        self.heard = True
        super().data_received(data)


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
        self._joins: set[asyncio.Task[None]] = set()
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

    async def _talk(self, connection: ServerConnection) -> None:
        assert isinstance(connection, Connection)
        self._obey(self._rules.opened(connection, connection.access, time.time()))
        self._wheel.add(connection)
        if not self._health().positioned:  # the place was lost while this one was let in
            self.missed()
        try:
            async for data in connection:
                self._obey(self._rules.received(connection, data, time.time()))
        except ConnectionClosed:
            pass  # however it ended, it ended
        finally:
            self._wheel.discard(connection)
            self._rules.closed(connection)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._obey(self._rules.ticked(time.time()))
            self._ask_who_is_there()

    def _ask_who_is_there(self) -> None:
        for connection in self._wheel.move():
            if not connection.heard:  # not even a pong: the peer is gone, and TCP would notice in a quarter of an hour
                log.info("socket_dead", session_id=connection.access.session_id)
                connection.transport.abort()
            elif connection.protocol.state is State.OPEN:
                connection.heard = False
                connection.transport.write(PING)

    # What goes out.

    def _obey(self, wanted: Iterable[Action]) -> None:
        for action in wanted:
            match action:
                case actions.Deliver():
                    self._deliver(action)
                case actions.AskToJoin():
                    join = asyncio.get_running_loop().create_task(self._ask(action))
                    self._joins.add(join)
                    join.add_done_callback(self._joins.discard)
                case actions.Close():
                    self._close(action)

    def _deliver(self, action: actions.Deliver[Connection]) -> None:
        framed = Frame(Opcode.TEXT, action.frame).serialize(mask=False)
        unread_bytes_max = self._rules.limits.outbound_bytes_max
        overflowed = []
        for connection in action.sockets:
            if connection.protocol.state is not State.OPEN:
                continue
            transport = connection.transport
            transport.write(framed)
            unread_bytes = transport.get_write_buffer_size()
            self._unread_bytes_most = max(self._unread_bytes_most, unread_bytes)
            if unread_bytes > unread_bytes_max:
                overflowed.append(connection)
        way.handed(action.sockets)
        for connection in overflowed:
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
                await connection.drain()
        except TimeoutError:
            self._obey(self._rules.overflowed(connection))
            raise Problem(Code.UNAVAILABLE, "The socket does not take what it asked for") from None
        return await self._page(connection.token, connection.access, action.room_id, action.after)

    def _close(self, action: actions.Close[Connection]) -> None:
        connection = action.socket
        log.info("socket_closed", code=int(action.code), session_id=connection.access.session_id)
        if connection.protocol.state is State.OPEN:
            connection.protocol.send_close(action.code, action.reason)
            connection.send_data()
        # Not `Connection.close()`: it waits, without a bound, for a full write buffer to drain.
        asyncio.get_running_loop().call_later(CLOSE_GRACE_S, connection.transport.abort)

    # Letting in.

    async def _check(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a request with a refusal, or with None when the upgrade may go on."""
        assert isinstance(connection, Connection)
        url = urlsplit(request.path)
        if url.path == "/healthz":
            return self._health_page(connection)
        if "Upgrade" not in request.headers:
            return None  # the library words this one
        if not handshake.origin_is_accepted(self._origins, request.headers.get_all("Origin")):
            return _refusal(connection, HTTPStatus.FORBIDDEN, "This Origin is not accepted; add it to ACCEPTED_ORIGINS")
        if self._rules.sockets_count >= self._sockets_max:
            return _refusal(connection, HTTPStatus.SERVICE_UNAVAILABLE, "All sockets are taken; try again shortly")
        if not self._health().positioned:
            return _refusal(connection, HTTPStatus.SERVICE_UNAVAILABLE, "Events cannot be read yet; try again shortly")
        try:
            connection.token = handshake.access_token(url.query, request.headers.get_all("Authorization"))
            connection.access = await self._admit(connection.token)
        except Problem as problem:
            known = problem.code is Code.UNAUTHENTICATED
            status = HTTPStatus.UNAUTHORIZED if known else HTTPStatus.SERVICE_UNAVAILABLE
            return _refusal(connection, status, problem.message)
        return None

    def _health_page(self, connection: Connection) -> Response:
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
        response = connection.respond(status, msgspec.json.encode(page).decode())
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "application/json"
        return response

    # Living and ending.

    @asynccontextmanager
    async def serving(self, host: str, port: int, drain_s: float) -> AsyncIterator[Server]:
        """Serve while the context is open, then send everybody away and wait `drain_s` at most for them to go."""
        server = await serve(
            self._talk,
            host,
            port,
            process_request=self._check,
            create_connection=Connection,
            compression=None,
            server_header=None,
            max_size=FRAME_BYTES_MAX,
            max_queue=FRAMES_WAITING_MAX,
            open_timeout=HANDSHAKE_S_MAX,
            ping_interval=None,  # the wheel asks; a task for each socket would not do
            write_limit=RESUME_BUFFER_BYTES,  # only resuming waits for it; deliveries have a bound of their own
            backlog=BACKLOG,
        )
        ticking = asyncio.get_running_loop().create_task(self._tick())
        log.info("serving", address=f"{host}:{port}")
        try:
            yield server
        finally:
            ticking.cancel()
            await self._drain(server, drain_s)
            log.info("stopped")

    async def _drain(self, server: Server, drain_s: float) -> None:
        server.close(close_connections=False)
        try:
            async with asyncio.timeout(drain_s):
                while goodbyes := self._rules.close_some(GOODBYES_AT_ONCE, "the service restarts; connect again"):
                    self._obey(goodbyes)
                    await asyncio.sleep(drain_s / 50)
                for join in self._joins:
                    join.cancel()
                await server.wait_closed()
        except TimeoutError:
            log.warning("drain_cut_short", sockets=len(server.all_connections), drain_s=drain_s)
            for connection in server.all_connections:
                connection.transport.abort()


def _refusal(connection: Connection, status: HTTPStatus, reason: str) -> Response:
    response = connection.respond(status, f"{reason}\n")
    response.headers["X-WebSocket-Reject-Reason"] = reason
    return response
