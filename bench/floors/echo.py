"""The least a network takes: bytes to another process over loopback, and back."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from bench.answering import answering
from bench.blocks import at_a_rate, figures_of
from bench.measure import Figures, Repeat

WORDS = b"x" * 300  # as long as the frame of a short message


class _Voice(asyncio.Protocol):
    """Says something and waits for the echo, once it is as long."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._missing = 0
        self._heard: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none by class

    def data_received(self, data: bytes) -> None:
        self._missing -= len(data)
        if self._missing == 0 and self._heard is not None and not self._heard.done():
            self._heard.set_result(time.monotonic_ns())

    def connection_lost(self, exc: Exception | None) -> None:
        if self._heard is not None and not self._heard.done():
            self._heard.set_exception(exc or ConnectionError("the echo has ended"))

    async def call(self) -> float:
        """Return how long it took, in milliseconds."""
        assert self._transport is not None
        self._heard, self._missing = asyncio.get_running_loop().create_future(), len(WORDS)
        began_ns = time.monotonic_ns()
        self._transport.write(WORDS)
        return (await self._heard - began_ns) / 1e6

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


@asynccontextmanager
async def echoed(per_s: float, seconds: float) -> AsyncIterator[Repeat]:
    """Call at a rate."""
    async with answering("echo") as address:
        host, _, port = address.rpartition(":")
        _, voice = await asyncio.get_running_loop().create_connection(_Voice, host, int(port))

        async def repeat() -> Figures:
            return figures_of([await voice.call() async for _ in at_a_rate(per_s, seconds)])

        try:
            await voice.call()
            yield repeat
        finally:
            voice.close()
