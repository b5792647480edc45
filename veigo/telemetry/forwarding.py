"""Another OTLP backend beside the store: what comes in is handed on to it as it came.

It is named by the standard variables (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`) in the environment
of `veigo up`. The backend may be slow or away: a bounded number of bodies waits, further ones are dropped and counted.
"""

import asyncio
from collections.abc import Mapping
from urllib.parse import unquote

import aiohttp
import structlog

log = structlog.get_logger()

BODIES_WAITING_MAX = 256  # of up to 512 spans each
SEND_WITHIN_S = 10.0


class Forwarding:
    """The bodies that wait for the other backend."""

    def __init__(self, endpoint: str, headers: Mapping[str, str]) -> None:
        self.dropped = 0
        self._endpoint = endpoint.rstrip("/")
        self._headers = dict(headers) | {"Content-Type": "application/x-protobuf"}
        self._waiting: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(BODIES_WAITING_MAX)

    @classmethod
    def named_by(cls, environment: Mapping[str, str]) -> "Forwarding | None":
        """The backend the environment names, or None."""
        endpoint = environment.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
        return cls(endpoint, headers_in(environment.get("OTEL_EXPORTER_OTLP_HEADERS", ""))) if endpoint else None

    def hand_on(self, path: str, body: bytes) -> None:
        """Let a body wait for its turn; dropped when too many do."""
        try:
            self._waiting.put_nowait((path, body))
        except asyncio.QueueFull:
            self.dropped += 1

    async def run(self) -> None:
        """Hand on until cancelled. A body that is not taken is dropped: the store has it."""
        timeout = aiohttp.ClientTimeout(total=SEND_WITHIN_S)
        async with aiohttp.ClientSession(headers=self._headers, timeout=timeout) as http:
            while True:
                path, body = await self._waiting.get()
                try:
                    async with http.post(f"{self._endpoint}{path}", data=body) as answer:
                        answer.raise_for_status()
                except (aiohttp.ClientError, TimeoutError, OSError) as error:
                    self.dropped += 1
                    log.warning("not_handed_on", endpoint=self._endpoint, error=type(error).__name__)


def headers_in(text: str) -> dict[str, str]:
    """The headers in `OTEL_EXPORTER_OTLP_HEADERS`: `name=value,…`, the values percent-encoded."""
    pairs = (pair.partition("=") for pair in text.split(",") if "=" in pair)
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs}
