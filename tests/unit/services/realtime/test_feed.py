"""The feed without a Kafka to read from; reading itself is shown on a real stack."""

import asyncio
import socket

import pytest

from services.realtime.feed import Feed


@pytest.fixture
def closed_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


async def test_without_kafka_the_feed_says_so_and_keeps_trying(closed_port: int):
    """A realtime that starts before Kafka waits for it; it neither dies nor claims to be well."""
    feed = Feed(f"127.0.0.1:{closed_port}")
    reading = asyncio.create_task(feed.run(lambda _: None, lambda: None))
    try:
        async with asyncio.timeout(5):
            while "not reached yet" in (feed.health().trouble or ""):  # noqa: ASYNC110 - as a health probe asks
                await asyncio.sleep(0.01)

        health = feed.health()
        assert (health.positioned, health.positions, health.records) == (False, {}, 0)
        assert f"127.0.0.1:{closed_port}" in str(health.trouble)
        assert not reading.done()
    finally:
        reading.cancel()
        await asyncio.wait([reading])
