"""Stands for a realtime: takes the gateway's sockets, and says what a test has it say."""

import asyncio
import json
from contextlib import asynccontextmanager

from websockets.asyncio.server import serve

WAIT_S = 5.0


class Carried:
    """A socket of the gateway's, as realtime has it."""

    def __init__(self, connection):
        self.connection = connection
        self.token = connection.request.headers["Authorization"]

    async def asked(self):
        """Return what it is asked next."""
        async with asyncio.timeout(WAIT_S):
            asked = json.loads(await self.connection.recv())
        return asked["type"], asked["payload"][0]

    async def say(self, kind, **payload):
        await self.connection.send(json.dumps({"type": kind, "payload": [payload]}))

    async def write(self, room, *sequences):
        """Let messages be written in a room."""
        for sequence in sequences:
            words = {"senderId": "s", "content": f"message {sequence}"}
            await self.say("MESSAGE", type="message", content=words, id=f"m{sequence}", roomId=room, sequence=sequence)

    async def close(self, code, reason=""):
        await self.connection.close(code, reason)


class FakeRealtime:
    """One realtime; `refusing` is a status and a reason for every handshake."""

    def __init__(self):
        self.refusing = None
        self.address = ""
        self._arrived = asyncio.Queue()
        self._server = None

    async def carried(self):
        """Return the next socket of the gateway's."""
        async with asyncio.timeout(WAIT_S):
            return await self._arrived.get()

    async def stop(self):
        """Stop as a drained replica does: nobody new, and 1012 to everybody."""
        self._server.close(code=1012, reason="the service restarts; connect again")
        await self._server.wait_closed()

    async def _talk(self, connection):
        self._arrived.put_nowait(Carried(connection))
        await connection.wait_closed()

    def _check(self, connection, _):
        if self.refusing is None:
            return None
        status, reason = self.refusing
        response = connection.respond(status, reason)
        response.headers["X-WebSocket-Reject-Reason"] = reason
        return response

    @asynccontextmanager
    async def serving(self):
        async with serve(
            self._talk, "127.0.0.1", 0, process_request=self._check, compression=None, max_queue=None
        ) as self._server:
            self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
            yield self
