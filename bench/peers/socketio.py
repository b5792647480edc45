"""Socket.IO beside the stack: the server in `sources/socketio`, whose messages are kept in the peers' database."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import psutil
from websockets.asyncio.client import ClientConnection, connect

from bench.peers.beside import beside, free_port, listens
from bench.peers.listener import Door, text
from bench.peers.said import Write
from bench.peers.tools import built
from bench.site import Site
from veigo.stack.node import Launch
from veigo.stack.ports import HOST

PATH = "/socket.io/?EIO=4&transport=websocket"
# Packets of the protocol: Engine.IO's ping and pong; Socket.IO's connect and event.
PING, PONG, CONNECT, EVENT = "2", "3", "40", "42"
SIGNED_IN_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class SocketIO:
    """One that runs."""

    process: psutil.Process
    port: int
    token: str

    def door(self, room: str) -> Door:
        """How its clients get into a room: by signing in to it."""
        return Door(self.port, path=PATH, say=self._sign_in(room), joined='"joined"', ping=PING, pong=PONG)

    @asynccontextmanager
    async def sender(self, room: str) -> AsyncIterator[Callable[[int], Write]]:
        """Give what makes a `Write` for a length of text: by a socket of its own, that does not listen."""
        async with connect(f"ws://{HOST}:{self.port}{PATH}", compression=None, ping_interval=None) as socket:
            await socket.send(self._sign_in(room, listens=False))
            async with asyncio.timeout(SIGNED_IN_WITHIN_S):
                while not str(await socket.recv()).startswith(CONNECT):
                    pass
            answering = asyncio.create_task(_answer_pings(socket))

            def write_of(size: int) -> Write:
                async def write(number: int) -> None:
                    await socket.send(EVENT + "0" + json.dumps(["send", text(number, size)]))

                return write

            yield write_of
            answering.cancel()

    def _sign_in(self, room: str, *, listens: bool = True) -> str:
        return CONNECT + json.dumps({"token": self.token, "room": room, "listens": listens})


async def _answer_pings(socket: ClientConnection) -> None:
    """Read what comes, acknowledgements among it, and say that somebody is there."""
    async for packet in socket:
        if packet == PING:
            await socket.send(PONG)


@asynccontextmanager
async def socketio(site: Site, dsn: str) -> AsyncIterator[SocketIO]:
    """Run the server."""
    port, token = free_port(), secrets.token_hex(16)
    folder = built("socketio")
    launch = Launch(
        ("node", str(folder / "server.mjs")),
        {"PORT": str(port), "TOKEN": token, "DATABASE_URL": dsn, "NODE_ENV": "production"},
        folder=folder,
    )
    async with beside("socketio", launch, site.folder, partial(listens, port)) as process:
        yield SocketIO(process, port, token)
