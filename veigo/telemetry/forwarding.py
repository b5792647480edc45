"""Another OTLP backend beside the store: what comes in is handed on to it as it came.

It is named by the standard variables (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`) in the environment
of `veigo up`. Our services send spans in JSON; a backend gets them in protobuf, which every one understands, unless
`OTEL_EXPORTER_OTLP_PROTOCOL` is `http/json`. The backend may be slow or away: a bounded number of bytes waits, further
bodies are dropped and counted.
"""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

import aiohttp
import structlog

from veigo.telemetry.otlp import UnreadableError
from veigo.telemetry.otlp_protobuf import protobuf_of

log = structlog.get_logger()

BYTES_WAITING_MAX = 32 * 1024 * 1024
SEND_WITHIN_S = 10.0
PROTOBUF, JSON = "application/x-protobuf", "application/json"


class Body(NamedTuple):
    """One request that came."""

    path: str
    content_type: str
    content: bytes


class Forwarding:
    """The bodies that wait for the other backend."""

    def __init__(self, endpoint: str, headers: Mapping[str, str], *, takes_json: bool = False) -> None:
        self.dropped = 0
        self._endpoint = endpoint.rstrip("/")
        self._headers = dict(headers)
        self._takes_json = takes_json
        self._waiting: asyncio.Queue[Body] = asyncio.Queue()
        self._bytes = 0

    @classmethod
    def named_by(cls, environment: Mapping[str, str]) -> "Forwarding | None":
        """The backend the environment names, or None."""
        endpoint = environment.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
        if not endpoint:
            return None
        takes_json = environment.get("OTEL_EXPORTER_OTLP_PROTOCOL", "").strip() == "http/json"
        headers = headers_in(environment.get("OTEL_EXPORTER_OTLP_HEADERS", ""))
        return cls(endpoint, headers, takes_json=takes_json)

    def hand_on(self, body: Body) -> None:
        """Let a body wait for its turn; dropped when too many do."""
        if self._bytes + len(body.content) > BYTES_WAITING_MAX:
            self.dropped += 1
            return
        self._bytes += len(body.content)
        self._waiting.put_nowait(body)

    async def run(self) -> None:
        """Hand on until cancelled. What is not taken, or protobuf cannot say, is dropped: the store has it."""
        timeout = aiohttp.ClientTimeout(total=SEND_WITHIN_S)
        async with aiohttp.ClientSession(headers=self._headers, timeout=timeout) as http:
            while True:
                body = await self._waiting.get()
                self._bytes -= len(body.content)
                await self._send(http, body)

    async def _send(self, http: aiohttp.ClientSession, body: Body) -> None:
        try:
            if body.content_type == JSON and not self._takes_json:
                content = await asyncio.to_thread(protobuf_of, body.content)
                body = body._replace(content_type=PROTOBUF, content=content)
            headers = {"Content-Type": body.content_type}
            async with http.post(f"{self._endpoint}{body.path}", data=body.content, headers=headers) as answer:
                answer.raise_for_status()
        except (UnreadableError, aiohttp.ClientError, TimeoutError, OSError) as error:
            self.dropped += 1
            log.warning("not_handed_on", endpoint=self._endpoint, error=type(error).__name__)


def headers_in(text: str) -> dict[str, str]:
    """The headers in `OTEL_EXPORTER_OTLP_HEADERS`: `name=value,…`, the values percent-encoded."""
    pairs = (pair.partition("=") for pair in text.split(",") if "=" in pair)
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs}
