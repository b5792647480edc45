"""The journey page and the JSON it asks for: `/`, `/page/…`, `/api/…`.

Handlers read parameters, ask, and put the answer into JSON. What they refuse they refuse in words and with a code:
`{"error": {"code": "BAD_WINDOW", "message": "…"}}`.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from veigo.stack.problem import StackError
from veigo.stack.state import read_record
from veigo.telemetry import edge_rates, journey
from veigo.telemetry.journey import Window
from veigo.telemetry.message_way import Way, way_of
from veigo.telemetry.overview import HOPS, overview
from veigo.telemetry.questions import WITHIN_S, BusyError, Questions, TooMuchError
from veigo.telemetry.store import Store

SECONDS_MAX = 3600 * 24
BUCKETS = 120
RATES_OVER_US = 15_000_000  # of a stack that is up: services tell every 2 s
RECEIPTS_MAX = 200  # of a message that a whole stadium received; their number is told
SPANS_MAX = 500
# The page takes nothing from anywhere else, and nothing that was written into its text is run.
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Shown:
    """What the page is about: a stack that is up, or a run that is over, and the stack table to draw."""

    title: str
    live: bool
    table: edge_rates.Described = field(default_factory=lambda: {"nodes": [], "edges": []})
    state_file: Path | None = None


class Refusal(Exception):  # noqa: N818 - an answer, not a failure of ours
    """A question that cannot be answered as it was put."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Api:
    """The handlers, over one store."""

    def __init__(self, store: Store, shown: Shown) -> None:
        self._questions = Questions(store)
        self._shown = shown
        folder = files(__package__).joinpath("page")
        self._files = {file.name: file.read_bytes() for file in folder.iterdir() if Path(file.name).suffix in KINDS}

    def routes(self) -> list[web.RouteDef]:
        """Return where everything is."""
        return [
            web.get("/", self.page),
            web.get("/page/{file}", self.page),
            web.get("/api/about", worded(self.about)),
            web.get("/api/overview", worded(self.overview)),
            web.get("/api/topology", worded(self.topology)),
            web.get("/api/messages", worded(self.messages)),
            web.get("/api/messages/{message_id}", worded(self.message)),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """Answer with a file of the page."""
        name = request.match_info.get("file", "index.html")
        if name not in self._files:
            raise web.HTTPNotFound(text=f"the page has no {name}\n")
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        kind = KINDS[Path(name).suffix]
        return web.Response(body=self._files[name], content_type=kind, charset="utf-8", headers=headers)

    async def about(self, _: web.Request) -> web.Response:
        """Say what is shown and which time it has messages of."""
        told = await self._questions.ask(journey.extent)
        return answer({"title": self._shown.title, "live": self._shown.live, "hops": HOPS, **told})

    async def overview(self, request: web.Request) -> web.Response:
        """Everything over time."""
        window = window_of(request, time.time_ns() // 1000)
        return answer(await self._questions.ask(lambda store: overview(store, window)))

    async def topology(self, request: web.Request) -> web.Response:
        """The stack table, with the rate of each edge and the state of each node."""
        window = window_of(request, time.time_ns() // 1000)
        if self._shown.live:
            window = Window(max(window.since_us, window.until_us - RATES_OVER_US), window.until_us)
        whole = Window(window.since_us, window.until_us)
        rates = await self._questions.ask(lambda store: journey.rates(store, whole))
        per_s = await self._questions.ask(lambda store: journey.deliveries_per_s(store, whole))
        states = await asyncio.to_thread(states_of, self._shown)
        nodes = [{**node, "state": states.get(node["name"])} for node in self._shown.table["nodes"]]
        return answer({"nodes": nodes, "edges": edge_rates.of_edges(self._shown.table, rates, per_s)})

    async def messages(self, request: web.Request) -> web.Response:
        """The messages of a window, the slowest first, as many as a list can show."""
        window = window_of(request, time.time_ns() // 1000)
        limit = whole_number(request, "limit", 50, 1, journey.MESSAGES_MAX)
        between = between_of(request)
        rows = await self._questions.ask(lambda store: journey.messages(store, window, limit, between))
        found = rows[0]["found"] if rows else 0
        for row in rows:
            del row["found"]
        return answer({"found": found, "messages": rows})

    async def message(self, request: web.Request) -> web.Response:
        """One message's way."""
        message_id = request.match_info["message_id"]
        way = await self._questions.ask(lambda store: way_of(store, message_id, live=self._shown.live))
        if way is None:
            raise Refusal(
                404,
                "UNKNOWN_MESSAGE",
                f"no message {message_id[:80]} is known here; it may be older than what is kept, or of another run",
            )
        return answer(bounded(way))


def states_of(shown: Shown) -> dict[str, str]:
    """The state of each node, as its stack's record has it; of a run that is over there is none."""
    if shown.state_file is None:
        return {}
    try:
        record = read_record(shown.state_file)
    except StackError:
        return {}
    return {} if record is None else {name: node.state.value for name, node in record.nodes.items()}


def answer(content: object, status: int = 200) -> web.Response:
    """Content as JSON."""
    headers = {"Cache-Control": "no-store"}
    return web.Response(
        body=msgspec.json.encode(content), status=status, content_type="application/json", headers=headers
    )


def worded(handler: Handler) -> Handler:
    """Turn what a handler refuses into its answer."""

    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refusal as refusal:
            error = refusal
        except BusyError:
            error = Refusal(503, "BUSY", "too many questions wait already; ask again in a second")
        except TooMuchError:
            error = Refusal(
                503, "TOO_MUCH", f"that took more than {WITHIN_S:g} s or too much memory; ask for less time"
            )
        return answer({"error": {"code": error.code, "message": error.message}}, error.status)

    return answered


def window_of(request: web.Request, now_us: int) -> Window:
    """The window a request is about: `since_us` and `until_us`, or the `last_s` seconds up to now in whole buckets.

    Raises:
        Refusal: there is neither, or they make no window.
    """
    buckets = whole_number(request, "buckets", BUCKETS, 1, journey.BUCKETS_MAX)
    if "last_s" in request.query:
        width_us = -(-whole_number(request, "last_s", 0, 1, SECONDS_MAX) * 1_000_000 // buckets)
        until_us = (now_us // width_us + 1) * width_us
        return Window(until_us - width_us * buckets, until_us, buckets)
    try:
        since_us, until_us = (int(request.query[name]) for name in ("since_us", "until_us"))
    except (KeyError, ValueError):
        message = "say since_us and until_us in whole microseconds since 1970, or last_s in seconds"
        raise Refusal(400, "BAD_WINDOW", message) from None
    if not 0 <= since_us < until_us < 2**62:
        raise Refusal(400, "BAD_WINDOW", "since_us must be before until_us, and neither before 1970")
    return Window(since_us, until_us, buckets)


def between_of(request: web.Request) -> tuple[float, float] | None:
    """The latencies a request is about: from `slower_ms` until before `faster_ms`, when it says both.

    Raises:
        Refusal: they are no numbers.
    """
    if "slower_ms" not in request.query:
        return None
    try:
        slower, faster = (float(request.query[name]) for name in ("slower_ms", "faster_ms"))
    except (KeyError, ValueError):
        raise Refusal(400, "BAD_LATENCY", "say slower_ms and faster_ms, both as numbers") from None
    if not -1e9 <= slower < faster <= 1e9:
        raise Refusal(400, "BAD_LATENCY", "slower_ms must be less than faster_ms, both within 1e9")
    return slower, faster


def whole_number(request: web.Request, name: str, default: int, least: int, most: int) -> int:
    """A whole number of the query.

    Raises:
        Refusal: it is none, or out of bounds.
    """
    try:
        value = int(request.query.get(name, default))
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise Refusal(400, "BAD_NUMBER", f"{name} must be a whole number from {least} to {most}")
    return value


def bounded(way: Way) -> dict[str, Any]:
    """A way as JSON, with as many receipts and spans as can be shown, and how many there are."""
    told: dict[str, Any] = msgspec.to_builtins(way)
    told |= {"received": len(way.receipts), "spans_count": len(way.spans), "last_ms": way.last_ms}
    # The first and the last are what is looked for.
    if len(way.receipts) > RECEIPTS_MAX:
        half = RECEIPTS_MAX // 2
        told["receipts"] = told["receipts"][:half] + told["receipts"][-half:]
    told["spans"] = told["spans"][:SPANS_MAX]
    return told


def table_in(text: str | None) -> edge_rates.Described:
    """The stack table as a process was told it; empty when it was not."""
    found: edge_rates.Described = json.loads(text) if text else {"nodes": [], "edges": []}
    return found
