"""The least a durable message takes: one INSERT, committed, over a connection that is open."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.blocks import at_a_rate, figures_of
from bench.floors.database import Database, Writer
from bench.measure import Figures, Repeat


@asynccontextmanager
async def commits(made: Database, per_s: float, seconds: float) -> AsyncIterator[Repeat]:
    """Insert rows like messages at a rate; each is timed from its sending to the answer."""
    connection = await made.connect()
    writer = Writer(connection)

    async def repeat() -> Figures:
        took_ms = []
        async for _ in at_a_rate(per_s, seconds):
            began_ns = time.monotonic_ns()
            await writer.write()
            took_ms.append((time.monotonic_ns() - began_ns) / 1e6)
        return figures_of(took_ms)

    try:
        await writer.write()  # which prepares the statement
        yield repeat
    finally:
        await connection.close()
