"""The least a server can do, in a process of its own: `python -m bench.answering echo|http` prints its port and serves.

`echo` gives back the bytes it is sent; `http` gives the same short answer to every request. Ends when its input does,
so it cannot outlive whoever started it.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import uvloop

HOST = "127.0.0.1"
STARTED_WITHIN_S = 10.0
BODY = b'{"result":true}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
HEAD_ENDS = b"\r\n\r\n"
LENGTH = b"content-length:"


class Echo(asyncio.Protocol):
    """Gives back what it gets."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are none by class

    def data_received(self, data: bytes) -> None:
        """Give it back."""
        self.transport.write(data)


class Http(Echo):
    """Answers every request alike, once it is whole."""

    def __init__(self) -> None:
        self._received = bytearray()

    def data_received(self, data: bytes) -> None:
        """Answer when the head and as many bytes as it announces are there."""
        self._received += data
        head, found, body = bytes(self._received).partition(HEAD_ENDS)
        lines = head.lower().split(b"\r\n")
        length = next((int(line[len(LENGTH) :]) for line in lines if line.startswith(LENGTH)), 0)
        if found and len(body) >= length:
            self._received.clear()
            self.transport.write(ANSWER)


async def serve(kind: type[Echo]) -> None:
    """Serve until the input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(kind, HOST, 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()


@asynccontextmanager
async def answering(kind: str) -> AsyncIterator[str]:
    """Run one of them; give its `host:port`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.answering", kind), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(STARTED_WITHIN_S):
            port = (await process.stdout.readline()).decode().strip()
        yield f"{HOST}:{port}"
    finally:
        process.stdin.close()
        await process.wait()


if __name__ == "__main__":
    uvloop.run(serve({"echo": Echo, "http": Http}[sys.argv[1]]))
