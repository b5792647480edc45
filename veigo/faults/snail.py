"""A user who joins a room of their own, stops reading, and has the room filled with the longest messages there are."""

import asyncio
import base64
import json
import socket
import tempfile
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import quote

from websockets.asyncio.client import connect

from veigo.client.graphql import GraphQL
from veigo.client.session import User, must
from veigo.history import History

AT_ONCE = 8
SENDS_MAX = 2_000  # 30 MB: several times what lies in the buffers between two processes
CONTENT = "🐌" * 4_000  # the longest there may be, 16 kB on the wire
RECEIVE_BUFFER_BYTES = 4_096


async def fill(address: str, is_closed: Callable[[str], Awaitable[bool]]) -> str:
    """Be that user at a gateway until ``is_closed`` says so of the session, or all is sent; the session."""
    with tempfile.TemporaryDirectory() as folder:
        async with History(Path(folder) / "snail.jsonl") as history, GraphQL(f"http://{address}") as graphql:
            user = User("Snail", f"http://{address}", graphql, history, lambda _: None)
            password = f"Snail-1-{uuid.uuid4().hex}"
            must(await user.sign_up(f"snail-{uuid.uuid4().hex}@veigo.test", password, "snail"))
            session = session_of(user.token)
            room = must(await user.create_room("Snail", [])).room or ""
            await _stop_reading(address, user, room, lambda: is_closed(session))
    return session


async def _stop_reading(address: str, user: User, room: str, is_closed: Callable[[], Awaitable[bool]]) -> None:
    host, _, port = address.rpartition(":")
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    small.setblocking(False)
    await asyncio.get_running_loop().sock_connect(small, (host, int(port)))
    url = f"ws://{address}/?token={quote('SuperDuperUser ' + user.token)}"
    async with connect(url, sock=small, compression=None, max_queue=1, ping_interval=None, close_timeout=0) as door:
        await door.send(json.dumps({"type": "JOIN_ROOM", "payload": [{"name": room}]}))
        await door.recv()
        door.transport.pause_reading()
        for _ in range(SENDS_MAX // AT_ONCE):
            await asyncio.gather(*(user.send(room, CONTENT, str(uuid.uuid4())) for _ in range(AT_ONCE)))
            if await is_closed():
                return


def session_of(token: str) -> str:
    """The session an access token belongs to; it is read, not trusted."""
    claims = token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sid"])
