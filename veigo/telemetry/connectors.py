"""Whether Debezium's connectors run, asked of Kafka Connect, which tells nobody by itself.

A connector that failed captures nothing more while everything else looks well, and the replication slot it leaves
unread grows. So somebody outside Connect has to look; the collector does, because that is all it costs.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import aiohttp

from veigo.telemetry.measurements import Series

LOOK_EVERY_S = 5.0
LOOK_WITHIN_S = 3.0
NODE = "connect"
FAILED, RUNNING = "FAILED", "RUNNING"

Told: TypeAlias = tuple[str, str, Series]


def told(status: Mapping[str, Any] | None, at_us: int) -> Iterable[Told]:
    """The figures in what `GET /connectors?expand=status` answered; None is no answer."""
    up = Series("gauge", "", "1: Kafka Connect answers.", {}, at_us, float(status is not None))
    yield NODE, "veigo.connect.up", up
    for connector, entry in (status or {}).items():
        parts = [entry["status"]["connector"], *entry["status"]["tasks"]]
        states = [str(part["state"]) for part in parts]
        labels: dict[str, object] = {"connector": connector}
        failed = Series("gauge", "", "Failed tasks, the connector counted in.", labels, at_us, states.count(FAILED))
        yield NODE, "veigo.connector.failed", failed
        running = Series("gauge", "", "Tasks that run.", labels, at_us, states[1:].count(RUNNING))
        yield NODE, "veigo.connector.running", running


class Connectors:
    """Looks every few seconds."""

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/connectors?expand=status"

    async def watch(self, tell: Callable[[Iterable[Told]], None], clock_us: Callable[[], int]) -> None:
        """Tell what is found until cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=LOOK_WITHIN_S)) as http:
            while True:
                tell(told(await self._status(http), clock_us()))
                await asyncio.sleep(LOOK_EVERY_S)

    async def _status(self, http: aiohttp.ClientSession) -> Mapping[str, Any] | None:
        try:
            async with http.get(self._url) as answer:
                answer.raise_for_status()
                status: Mapping[str, Any] = await answer.json()
                return status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return None
