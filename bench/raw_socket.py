"""A WebSocket that mostly listens, as cheaply as Python can: the time of every frame is that of its bytes' arrival.

Thousands of these in one process cost the machine little beside the stack that is measured. Frames of the server are
not masked and, here, not fragmented; a ping is answered.
"""

import asyncio
import base64
import os
import struct
import time
from collections.abc import Callable
from typing import Self, TypeAlias, cast

HANDSHAKE_WITHIN_S = 10.0
HEAD_ENDS = b"\r\n\r\n"
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FINAL, MASKED = 0x80, 0x80
UNMASKING_KEY = bytes(4)  # zeros mask nothing, which is allowed and costs nothing

OnFrame: TypeAlias = Callable[["RawSocket", bytes, int], None]  # the socket, a text, and its monotonic nanoseconds


class RawSocket(asyncio.Protocol):
    """One connection. Made by `RawSocket.open`."""

    def __init__(self, request: bytes, on_frame: OnFrame) -> None:
        self.closed = ""  # why, once it is
        self._request = request
        self._on_frame = on_frame
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def open(cls, address: str, path: str, on_frame: OnFrame, *headers: str) -> Self:
        """Connect to `host:port`, ask for a path, and take every text frame from then on.

        Raises:
            ConnectionError: the handshake was refused.
        """
        key = base64.b64encode(os.urandom(16)).decode()
        upgrade = (
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        )
        request = "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {address}", *upgrade, *headers, "", ""]).encode()
        host, _, port = address.rpartition(":")
        async with asyncio.timeout(HANDSHAKE_WITHIN_S):
            loop = asyncio.get_running_loop()
            _, socket = await loop.create_connection(lambda: cls(request, on_frame), host, int(port))
            await socket._opened
        return socket

    def send(self, payload: bytes, kind: int = TEXT) -> None:
        """Send a frame of less than 64 KiB."""
        if self._transport is None or self.closed:
            raise ConnectionError(self.closed or "the socket is not open")
        size = len(payload)
        length = bytes([MASKED | size]) if size < 126 else bytes([MASKED | 126]) + struct.pack("!H", size)
        self._transport.write(bytes([FINAL | kind]) + length + UNMASKING_KEY + payload)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none by class
        self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        """Say so."""
        self.closed = self.closed or str(exc or "the connection ended")
        if not self._opened.done():
            self._opened.set_exception(ConnectionError(self.closed))

    def data_received(self, data: bytes) -> None:
        """Take bytes: the answer to the handshake, then frames."""
        at_ns = time.monotonic_ns()
        self._received += data
        if not self._opened.done():
            head, found, rest = bytes(self._received).partition(HEAD_ENDS)
            if not found:
                return
            if b" 101 " not in head[:16]:
                self.closed = f"the handshake was answered with {head.splitlines()[0].decode()}"
                self.close()
                return
            self._received = bytearray(rest)
            self._opened.set_result(None)
        self._take_frames(at_ns)

    def _take_frames(self, at_ns: int) -> None:
        received, at = self._received, 0
        while len(received) - at >= 2:
            size, begins = received[at + 1], at + 2
            if size >= 126:
                width = 2 if size == 126 else 8
                if len(received) < begins + width:
                    break
                size, begins = int.from_bytes(received[begins : begins + width], "big"), begins + width
            if len(received) < begins + size:
                break
            kind, at = received[at] & 0x0F, begins + size
            self._take(kind, bytes(received[begins:at]), at_ns)
        del received[:at]

    def _take(self, kind: int, payload: bytes, at_ns: int) -> None:
        if kind == TEXT:
            self._on_frame(self, payload, at_ns)
        elif kind == PING:
            self.send(payload, PONG)
        elif kind == CLOSE:
            code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
            self.closed = f"closed with {code} {payload[2:].decode(errors='replace')}".rstrip()
            self.close()
