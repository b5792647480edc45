"""Another OTLP backend beside the store: what comes in is handed on to it.

It is named by the standard variables (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`) in the environment
of `veigo up`. Our services send spans packed; a backend gets them in protobuf, which every one understands, or in JSON
when `OTEL_EXPORTER_OTLP_PROTOCOL` is `http/json`. It may be slow or away: a bounded number of bytes waits, further
bodies are dropped and counted.
"""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

import aiohttp
import structlog

from spans import packed
from spans.packed import UnreadableError
from veigo.telemetry import otlp
from veigo.telemetry.otlp_protobuf import protobuf_of
from veigo.telemetry.told import unpacked_tellings

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
            body = await asyncio.to_thread(in_otlp, body, takes_json=self._takes_json)
            headers = {"Content-Type": body.content_type}
            async with http.post(f"{self._endpoint}{body.path}", data=body.content, headers=headers) as answer:
                answer.raise_for_status()
        except (UnreadableError, aiohttp.ClientError, TimeoutError, OSError) as error:
            self.dropped += 1
            log.warning("not_handed_on", endpoint=self._endpoint, error=type(error).__name__)


def in_otlp(body: Body, *, takes_json: bool) -> Body:
    """A body as any backend understands it.

    Raises:
        UnreadableError: it is none that came to us, or protobuf cannot say it.
    """
    if body.content_type == packed.CONTENT_TYPE:
        body = Body(body.path, JSON, otlp.body_of(unpacked_tellings(body.content)))
    if body.content_type == JSON and not takes_json:
        body = Body(body.path, PROTOBUF, protobuf_of(body.content))
    return body


def headers_in(text: str) -> dict[str, str]:
    """The headers in `OTEL_EXPORTER_OTLP_HEADERS`: `name=value,…`, the values percent-encoded."""
    pairs = (pair.partition("=") for pair in text.split(",") if "=" in pair)
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs}
