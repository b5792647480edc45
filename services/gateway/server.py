"""uvicorn as the gateway runs it: GraphQL has WebSockets of ours, others go to the relay with every byte.

Left alone, uvicorn (0.54) drops what a client sends in the same segment as its handshake, and hands signals on after a
graceful stop, so that the process would end by SIGTERM instead of with 0.
"""

import asyncio
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from math import ceil

import httptools
import structlog
import uvicorn
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from services.gateway import handshake
from services.gateway.frames import SERVICE_RESTART
from services.gateway.relay import Relay
from services.problems import Code, Problem, invalid

log = structlog.get_logger()

KEEP_ALIVE_S = 60  # an idle connection's life; longer than most clients keep one, so that it is they who end it
GOODBYES_AT_ONCE = 500  # WebSockets sent away in one go at a stop, as realtime does it
GOODBYE_STEPS = 50  # parts of the drain; one passes between two goes
MESSAGE_BYTES_MAX = 1024 * 1024  # from a client that speaks GraphQL, as much as a body; beyond it, 1009
PING_S = 20.0  # between two pings, and for the answer to each; then nobody is there
CLOSE_GRACE_S = 5.0  # for a client to read our Close frame and answer it
BACKLOG = 2_048  # connections the kernel holds until we accept them, as in a reconnect storm


class Front(HttpToolsProtocol):
    """A client's connection while it speaks HTTP."""

    _segment = b""

    def data_received(self, data: bytes) -> None:
        """Parse what came; if it ends a WebSocket handshake, the rest of it is the WebSocket's."""
        self._segment = data
        super().data_received(data)
        self._segment = b""

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection to a relay, or refuse the handshake."""
        upgrade = sys.exception()  # we are called while it is handled; it says where the head ended
        assert isinstance(upgrade, httptools.HttpParserUpgrade)
        early = self._segment[upgrade.args[0] :]
        self.connections.discard(self)
        path = httptools.parse_url(self.url).path.decode("ascii", "replace")
        if self.cycle is not None and not self.cycle.response_complete:
            self._refuse(HTTPStatus.BAD_REQUEST, invalid("path", "Open a WebSocket on a connection of its own."))
            return
        head = handshake.forwarded_head(
            self.scope["method"], self.url, self.headers, self.client[0] if self.client else None
        )
        if path in handshake.GRAPHQL_PATHS:
            if not handshake.origin_is_accepted(self.app_state["origins"], self.headers):
                message = "This Origin is not accepted; add it to ACCEPTED_ORIGINS."
                self._refuse(HTTPStatus.FORBIDDEN, Problem(Code.FORBIDDEN, message))
                return
            Socket(self.config, self.server_state, self.app_state).begin(self.transport, head + early)
            return
        problem = handshake.refusal_of(path)
        if problem is not None:
            self._refuse(HTTPStatus.NOT_FOUND, problem)
            return
        Relay(self.server_state, self.app_state["realtimes"], path).begin(self.transport, head + early)

    def _refuse(self, status: HTTPStatus, problem: Problem) -> None:
        self.transport.write(handshake.refusal(status, problem))
        self.transport.close()


class Socket(WebSocketsSansIOProtocol):
    """A client's connection once it speaks GraphQL over a WebSocket: uvicorn's, but for how it ends.

    uvicorn would wait for a client that does not read, before it closes the connection and after that.
    """

    def begin(self, transport: asyncio.Transport, opening: bytes) -> None:
        """Take over a connection; `opening` is the handshake and whatever came in one piece with it."""
        self.connection_made(transport)
        transport.set_protocol(self)
        self.data_received(opening)

    async def send(self, message: ASGISendEvent) -> None:
        """Send what the application says."""
        if message["type"] == "websocket.close" and self.handshake_complete:
            self._say_goodbye(message["code"], message.get("reason") or "")
        else:
            await super().send(message)

    def shutdown(self) -> None:
        """End soon, because the gateway stops."""
        if self.handshake_complete:
            self._say_goodbye(SERVICE_RESTART, "the gateway restarts; connect again and subscribe with `after`")
        else:
            super().shutdown()

    def _say_goodbye(self, code: int, reason: str) -> None:
        if self.close_sent or self.conn.state is not State.OPEN:
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:  # the client's own goodbye is still to be read
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSE_GRACE_S, self.transport.abort)


class Server(uvicorn.Server):
    """A server that stops when `should_exit` is set, and leaves signals to `services.lifecycle`."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        log.info("serving", addresses=["{}:{}".format(*taken.getsockname()) for taken in sockets or []])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nobody new, send the WebSockets away by and by, and then do what uvicorn does."""
        for listening in self.servers:
            listening.close()
        await self._send_away([each for each in self.server_state.connections if isinstance(each, Relay | Socket)])
        await super().shutdown(sockets)

    async def _send_away(self, leaving: Sequence[Relay | Socket]) -> None:
        # Over half the time there is at most, so that they do not all come back in one moment.
        drain_s = self.config.timeout_graceful_shutdown or 0
        at_once = max(GOODBYES_AT_ONCE, ceil(len(leaving) / (GOODBYE_STEPS / 2)))
        for first in range(0, len(leaving), at_once):
            if first:
                await asyncio.sleep(drain_s / GOODBYE_STEPS)
            for websocket in leaving[first : first + at_once]:
                websocket.shutdown()


def server(app: object, drain_s: float) -> Server:
    """Return a server for `app`; when stopped it waits `drain_s` for what is under way, then cuts it off."""
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=Front,
        ws=Front,  # only says that upgrades are served; `handle_websocket_upgrade` serves them
        ws_max_size=MESSAGE_BYTES_MAX,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        ws_per_message_deflate=False,
        loop="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,  # it writes the query, and the query may hold a token; `app.RequestLog` writes ours
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        backlog=BACKLOG,
        timeout_graceful_shutdown=ceil(drain_s),
    )
    return Server(config)


def listening_socket(host: str, port: int) -> socket.socket:
    """Return the socket to serve on.

    Raises:
        SystemExit: the address is taken or is not ours.
    """
    try:
        return socket.create_server((host, port), backlog=BACKLOG)
    except OSError as error:
        raise SystemExit(
            f"gateway cannot listen on {host}:{port}: {error.strerror}; free it or set LISTEN_PORT"
        ) from None
