"""GraphQL over WebSockets: subscriptions, and queries and mutations as well; graphql-transport-ws and nothing else.

Strawberry's handler speaks the protocol. What it runs is what HTTP requests run (`operation_streams.py`), so
documents have the same limits and errors the same shape; it gets that in place of a schema. What it is sent is checked
before it, because it trusts its clients to know the protocol.

Close codes are the protocol's: 4400 no such message, 4401 subscribed before the acknowledgement, 4403 no good token
(any more), 4406 another subprotocol, 4408 no connection_init in time, 4409 an id that is taken, 4429 a second
connection_init. Ours are 1012, come back, and 4480, too slow: come back and resume.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta
from typing import Any

import structlog
from starlette.types import Receive, Scope, Send
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.async_base_view import AsyncWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.types.unset import UNSET

from services.gateway import transport_messages, wording
from services.gateway.operation_streams import Client, OperationStreams
from services.gateway.realtimes import Realtimes
from services.gateway.rooms import Rooms
from services.gateway.rpc import access_token_of
from services.gateway.upstream import TooSlow
from services.problems import Code, Problem

log = structlog.get_logger()

INIT_S_MAX = 10.0  # from the handshake to connection_init
OPERATIONS_MAX = 50  # under way at once on one connection; one more is refused
FAREWELL_S_MAX = 2.0  # for the last answers, before a connection whose token is no good is closed
REASON_BYTES_MAX = 123  # what a Close frame has room for
FORBIDDEN, SUBPROTOCOL_NOT_ACCEPTABLE, TOO_SLOW = 4403, 4406, 4480


class GraphQLSockets:
    """Serves WebSockets that speak GraphQL."""

    def __init__(self, operations: OperationStreams, realtimes: Realtimes, init_s_max: float = INIT_S_MAX) -> None:
        self._operations = operations
        self._realtimes = realtimes
        self._init_s_max = init_s_max

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one from its handshake to its end."""
        began = time.monotonic()
        await receive()  # says that there is a handshake
        wire = Wire(receive, send)
        if GRAPHQL_TRANSPORT_WS_PROTOCOL not in scope["subprotocols"]:
            await send({"type": "websocket.accept"})
            await wire.close(SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable")
        else:
            await send({"type": "websocket.accept", "subprotocol": GRAPHQL_TRANSPORT_WS_PROTOCOL})
            header = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"), "")
            await self._talk(wire, header)
        log.info("socket_closed", path=scope["path"], seconds=round(time.monotonic() - began, 3), code=wire.code)

    async def _talk(self, wire: "Wire", header: str) -> None:
        rooms = Rooms(self._realtimes)
        guest = Guest(wire, rooms, header)
        handler = Handler(
            guest,  # type: ignore[arg-type]  # all that is asked of a view: on_ws_connect
            wire,
            guest,
            None,
            self._operations,  # type: ignore[arg-type]  # all that is asked of a schema: stream
            timedelta(seconds=self._init_s_max),
        )
        watching = asyncio.create_task(handler.end_when_rooms_do(rooms))
        try:
            await handler.handle()
        finally:
            watching.cancel()
            await rooms.close()


class Wire(AsyncWebSocketAdapter):
    """The messages of one WebSocket; once it is closed by us nothing more is read or sent."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self.code: int | None = None  # we closed it with

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:  # noqa: ARG002
        """Iterate over what the client says."""
        while (message := await self._receive())["type"] == "websocket.receive" and self.code is None:
            text = message.get("text")
            if text is None:
                raise NonTextMessageReceived
            try:
                said = json.loads(text)
            except (ValueError, RecursionError):
                raise NonJsonMessageReceived from None
            yield said

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send, if there is still somebody to send to; waits while the client does not read."""
        if self.code is None:
            await self._send({"type": "websocket.send", "text": json.dumps(message, ensure_ascii=False)})

    async def close(self, code: int, reason: str) -> None:
        """Close it, once."""
        if self.code is None:
            self.code = code
            reason = reason.encode()[:REASON_BYTES_MAX].decode(errors="ignore")
            await self._send({"type": "websocket.close", "code": code, "reason": reason})


class Guest(Client):
    """Who is at the other end; strawberry's context of a connection, and its view."""

    def __init__(self, wire: Wire, rooms: Rooms, header: str) -> None:
        super().__init__(rooms)
        self._wire = wire
        self._header = header
        self.connection_params: dict[str, Any] | None = None  # strawberry puts connection_init's payload here

    async def on_ws_connect(self, _: "Guest") -> object:
        """Let the client in, or close with the reason."""
        try:
            self.authorization = transport_messages.authorization_in(self.connection_params, self._header)
            if self.authorization:
                await self.rooms.admit(access_token_of(self.authorization))
        except Problem as problem:
            await self._wire.close(FORBIDDEN, f"Forbidden: {problem.message}")
            raise ConnectionRejectionError from None
        return UNSET


class Handler(BaseGraphQLTransportWSHandler[Guest, None]):
    """Strawberry's handler, told only what the protocol knows."""

    async def handle_message(self, message: Any) -> None:  # noqa: ANN401 - JSON
        """Take a message of whatever shape."""
        fault = transport_messages.fault_of(message)
        if fault is not None:
            await self.handle_invalid_message(fault)
            return
        if message["type"] == "connection_init" and message.get("payload") is None:
            message = {"type": "connection_init"}
        await super().handle_message(message)

    async def handle_subscribe(self, message: Any) -> None:  # noqa: ANN401 - JSON, checked
        """Begin an operation, if there are not too many."""
        full = self.connection_acknowledged and len(self.operations) >= OPERATIONS_MAX
        if full and message["id"] not in self.operations:
            words = f"{OPERATIONS_MAX} operations are under way on this connection; end one, or open another."
            error = wording.worded(Problem(Code.RESOURCE_EXHAUSTED, words))
            await self.websocket.send_json({"id": message["id"], "type": "error", "payload": [error]})
            return
        await super().handle_subscribe(message)

    async def handle_task_exception(self, error: Exception) -> None:
        """Note what nobody foresaw; a client that went away is not of that kind."""
        if not isinstance(error, OSError):
            log.error("operation_failed", exc_info=error)

    async def end_when_rooms_do(self, rooms: Rooms) -> None:
        """Close the connection when what it listens to has ended for good, and say how to go on."""
        why = await rooms.ended
        if isinstance(why, TooSlow):
            reason = "too slow: more events than you read; connect again and subscribe with `after`"
            await self.websocket.close(TOO_SLOW, reason)
            return
        tasks = [operation.task for operation in self.operations.values() if operation.task is not None]
        if tasks and self.connection_acknowledged:
            await asyncio.wait(tasks, timeout=FAREWELL_S_MAX)
        reason = why.message if isinstance(why, Problem) else "your access is no longer good"
        await self.websocket.close(FORBIDDEN, f"Forbidden: {reason}")
