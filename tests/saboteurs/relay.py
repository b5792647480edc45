"""A go-between on the gateway's door, HTTP and WebSocket, that passes everything on as it is.

Saboteurs override one of its hooks (`saboteurs.py`). One thing even the honest one does, as networks do: it cuts the
connection before the answer to a message that begins with CUT, so that its sender never knows.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web

CUT = "cut: "
CONNECTIONS_MAX = 64

Forward = Callable[..., Awaitable[dict[str, Any]]]


@dataclass
class Asked:
    """One GraphQL operation, and the way to have it answered."""

    name: str
    token: str
    variables: dict[str, Any]
    forward: Forward


@dataclass(eq=False)
class Listener:
    """One client's socket."""

    token: str
    client: web.WebSocketResponse
    # Frames that were sent to it, by us or by the gateway.
    sent: list[dict[str, Any]] = field(default_factory=list)
    rooms: set[str] = field(default_factory=set)

    async def send(self, frame: dict[str, Any]) -> None:
        """Give it a frame, unless it is gone."""
        self.sent.append(frame)
        with contextlib.suppress(ConnectionError):
            await self.client.send_str(json.dumps(frame))


class Relay:
    """An honest one. As a context it serves on a free port, which `url` names."""

    def __init__(self, gateway: str) -> None:
        self.url = ""
        self.listeners: list[Listener] = []
        self._gateway = gateway
        self._stack = contextlib.AsyncExitStack()

    async def answer(self, asked: Asked) -> dict[str, Any]:
        """Answer an operation."""
        return await asked.forward()

    async def frames(self, listener: Listener, frame: dict[str, Any]) -> list[dict[str, Any]]:
        """Say what a client gets for a frame of the gateway's."""
        return [frame]

    def wish(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Say what is asked for in place of a client's JOIN_ROOM."""
        return wish

    def headers(self, headers: dict[str, str]) -> dict[str, str]:
        """Say which headers go on with an operation."""
        return headers

    async def ended(self, listener: Listener, code: int, reason: str) -> None:
        """The gateway closed a socket."""
        await listener.client.close(code=code, message=reason.encode())

    async def __aenter__(self) -> "Relay":
        connector = aiohttp.TCPConnector(limit=CONNECTIONS_MAX)
        self._http = await self._stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        application = web.Application()
        application.router.add_post("/graphql", self._graphql)
        application.router.add_get("/", self._websocket)
        runner = web.AppRunner(application, shutdown_timeout=0.5)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _graphql(self, request: web.Request) -> web.Response:
        body = await request.json()
        headers = {name: request.headers[name] for name in ("Authorization", "traceparent") if name in request.headers}
        passed_on = self.headers(headers)

        async def forward(**changed: object) -> dict[str, Any]:
            asked = body | {"variables": body["variables"] | changed}
            async with self._http.post(f"{self._gateway}/graphql", json=asked, headers=passed_on) as response:
                answer: dict[str, Any] = await response.json()
                return answer

        name = body["query"].split("(")[0].split("{")[0].split()[1]
        asked = Asked(name, headers.get("Authorization", "").rpartition(" ")[2], body["variables"], forward)
        answer = await self.answer(asked)
        if str(body["variables"].get("content", "")).startswith(CUT) and request.transport is not None:
            request.transport.abort()
        return web.json_response(answer)

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        address = f"{self._gateway.replace('http', 'ws', 1)}/?{request.query_string}"
        try:
            upstream = await self._http.ws_connect(address, max_msg_size=0)
        except aiohttp.WSServerHandshakeError as refusal:
            return web.Response(status=refusal.status)
        client = web.WebSocketResponse()
        await client.prepare(request)
        listener = Listener(request.query["token"].rpartition(" ")[2], client)
        self.listeners.append(listener)
        pumping = asyncio.create_task(self._down(listener, upstream))
        try:
            async for message in client:
                await self._up(listener, upstream, message)
        finally:
            self.listeners.remove(listener)
            pumping.cancel()
            await asyncio.gather(pumping, return_exceptions=True)
            await upstream.close()
        return client

    async def _up(
        self, listener: Listener, upstream: aiohttp.ClientWebSocketResponse, message: aiohttp.WSMessage
    ) -> None:
        if message.type is not WSMsgType.TEXT:
            return
        frame = json.loads(message.data)
        listener.rooms.update(room["name"] for room in frame["payload"])
        wishes = [self.wish(wish) for wish in frame["payload"]]
        with contextlib.suppress(ConnectionError):
            await upstream.send_str(json.dumps(frame | {"payload": wishes}))

    async def _down(self, listener: Listener, upstream: aiohttp.ClientWebSocketResponse) -> None:
        async for message in upstream:
            if message.type is WSMsgType.TEXT:
                for frame in await self.frames(listener, json.loads(message.data)):
                    await listener.send(frame)
        await self.ended(listener, upstream.close_code or 1011, "")
