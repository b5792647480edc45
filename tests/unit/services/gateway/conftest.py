"""What the gateway's tests share: a way to serve an application on a free port, as the gateway serves its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from services.gateway.app import served
from services.gateway.server import Server, listening_socket, server
from services.gateway.settings import Settings
from unit.services.gateway.fake_realtime import FakeRealtime
from unit.services.gateway.graphql_client import Gateway

WAIT_S = 5.0


async def _until(condition) -> None:
    """Return as soon as `condition()` is true; TimeoutError when it does not come true."""
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.005)


class Serving:
    """An application that is being served."""

    def __init__(self, port: int, running: Server, task: asyncio.Task[None]) -> None:
        self.port = port
        self.running = running
        self.task = task

    async def stop(self) -> None:
        """Stop as the gateway does at SIGTERM; returns when it has drained."""
        self.running.should_exit = True
        await self.task


@asynccontextmanager
async def _serving(app, drain_s: float = 1.0) -> AsyncIterator[Serving]:
    listener = listening_socket("127.0.0.1", 0)
    running = server(app, drain_s)
    task = asyncio.create_task(running.serve([listener]))
    await _until(lambda: running.started)
    served = Serving(listener.getsockname()[1], running, task)
    try:
        yield served
    finally:
        await served.stop()


@pytest.fixture
def serving():
    """Return the context in which an application is served on a free port."""
    return _serving


@pytest.fixture
def until():
    """Return the function that waits for a condition."""
    return _until


@pytest.fixture
def gateway_with(serving):
    """Return the context in which a gateway runs in front of so many realtimes."""

    @asynccontextmanager
    async def running(count=1, **settings):
        async with AsyncExitStack() as stack:
            realtimes = [await stack.enter_async_context(FakeRealtime().serving()) for _ in range(count)]
            addresses = ",".join(realtime.address for realtime in realtimes)
            application = served(Settings(realtime_address=addresses, **settings))
            yield Gateway(await stack.enter_async_context(serving(application)), realtimes)

    return running


@pytest.fixture
async def gateway(gateway_with):
    async with gateway_with() as running:
        yield running
