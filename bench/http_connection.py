"""One kept-alive HTTP/1.1 connection without a client library: what is measured shall be the server."""

import asyncio
import re
from collections.abc import Mapping
from typing import Self, cast

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
HEAD_ENDS = b"\r\n\r\n"


class Answer:
    """What came back."""

    __slots__ = ("body", "status")

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body


class HttpConnection(asyncio.Protocol):
    """A connection that carries one request at a time. Made by `HttpConnection.open`."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._waiting: asyncio.Future[Answer] | None = None

    @classmethod
    async def open(cls, address: str) -> Self:
        """Connect to `host:port`."""
        host, _, port = address.rpartition(":")
        _, connection = await asyncio.get_running_loop().create_connection(cls, host, int(port))
        return connection

    async def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """Send JSON and return the answer.

        Raises:
            ConnectionError: the connection ended first.
        """
        return await self._ask("POST", path, body, {"Content-Type": "application/json"} | dict(headers or {}))

    async def get(self, path: str) -> Answer:
        """Ask for a page."""
        return await self._ask("GET", path, b"", {})

    async def _ask(self, verb: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        if self._transport is None or self._transport.is_closing():
            raise ConnectionError("the server has closed the connection")
        lines = [f"{verb} {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        return await self._waiting

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none by class

    def data_received(self, data: bytes) -> None:
        """Take bytes, and give the answer to whoever waits when it is whole."""
        self._received += data
        head_ends = self._received.find(HEAD_ENDS)
        if head_ends < 0:
            return
        length = _LENGTH.search(self._received, 0, head_ends)
        ends = head_ends + len(HEAD_ENDS) + (int(length[1]) if length else 0)
        if len(self._received) < ends:
            return
        answer = Answer(int(self._received[9:12]), bytes(self._received[head_ends + len(HEAD_ENDS) : ends]))
        del self._received[:ends]
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionError("the server closed the connection"))
