"""The collector: where spans, metrics, deliveries and faults arrive, and where the journey page is served.

    LISTEN_PORT=4950 STORE_FILE=/tmp/telemetry.duckdb python -m veigo.telemetry

`POST /v1/traces` is OTLP/HTTP in JSON or protobuf, or our services' packed spans, and `/v1/metrics` is in protobuf;
`/v1/deliveries` and `/v1/faults` are the harness's. `GET /v1/run?since_us=…&until_us=…` answers with that time's rows
as a DuckDB file of their own, and `GET /metrics` is Prometheus's view. Nothing in the stack waits for the collector,
and nothing fails when it is away.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path

import structlog
from aiohttp import web

from spans import packed
from spans.packed import UnreadableError
from veigo.stack.state import NodeState
from veigo.telemetry import intake, otlp, otlp_protobuf, own_metrics, prometheus
from veigo.telemetry.api import Api, Shown, states_of
from veigo.telemetry.buffer import Buffer, FullError
from veigo.telemetry.connectors import Connectors
from veigo.telemetry.forwarding import JSON, Body, Forwarding
from veigo.telemetry.measurements import Measurements, Series
from veigo.telemetry.message_metrics import COUNT_EVERY_S, MessageMetrics
from veigo.telemetry.questions import BusyError, Questions, TooMuchError
from veigo.telemetry.rows import Batch
from veigo.telemetry.span_intake import SpanIntake
from veigo.telemetry.store import Store
from veigo.telemetry.told import unpacked_tellings

log = structlog.get_logger()

BODY_BYTES_MAX = 16 * 1024 * 1024  # an exporter's batch of 512 spans takes about half of one
RETRY_AFTER_S = "1"
DERIVE_EVERY_S = 2.0
FRESH_US = 15_000_000  # services tell every 2 s
OTLP = frozenset({"/v1/traces", "/v1/metrics"})
READERS = {JSON: otlp.tellings, packed.CONTENT_TYPE: unpacked_tellings}  # of spans; anything else is protobuf


class Collector:
    """The handlers, and what they share."""

    def __init__(
        self,
        store: Store,
        forwarding: Forwarding | None = None,
        shown: Shown | None = None,
        connectors: Connectors | None = None,
    ) -> None:
        self.store = store
        self.buffer = Buffer(store)
        self.measurements = Measurements()
        self.spans = SpanIntake()
        self.message_metrics = MessageMetrics(now_us())
        self.forwarding = forwarding
        self.connectors = connectors
        self.shown = shown or Shown("collector", live=True)
        self.api = Api(store, self.shown)

    def application(self) -> web.Application:
        """Return the HTTP application."""
        app = web.Application(client_max_size=BODY_BYTES_MAX)
        app.add_routes(
            [
                web.post("/v1/traces", self.traces),
                web.post("/v1/metrics", self.metrics),
                web.post("/v1/deliveries", self.deliveries),
                web.post("/v1/faults", self.faults),
                web.get("/v1/run", self.run),
                web.get("/metrics", self.exposition),
                web.get("/healthz", self.healthz),
                *self.api.routes(),
            ]
        )
        app.cleanup_ctx.append(self._running)
        return app

    async def traces(self, request: web.Request) -> web.Response:
        """Take spans."""
        body = await request.read()

        def read() -> Batch:
            tellings = READERS.get(request.content_type, otlp_protobuf.tellings)(body)
            return self.spans.take(tellings, body if request.content_type == packed.CONTENT_TYPE else None)

        return self._taken(request, body, read)

    async def metrics(self, request: web.Request) -> web.Response:
        """Take metrics."""
        body = await request.read()
        return self._taken(request, body, lambda: Batch(points=self.measurements.take(body)))

    async def deliveries(self, request: web.Request) -> web.Response:
        """Take deliveries."""
        body = await request.read()
        return self._taken(request, body, lambda: Batch(deliveries=intake.deliveries(body)))

    async def faults(self, request: web.Request) -> web.Response:
        """Take faults."""
        body = await request.read()
        return self._taken(request, body, lambda: Batch(faults=intake.faults(body)))

    async def run(self, request: web.Request) -> web.StreamResponse:
        """Answer with a time's rows as a file."""
        try:
            since_us, until_us = (int(request.query[name]) for name in ("since_us", "until_us"))
        except (KeyError, ValueError):
            raise web.HTTPBadRequest(text="since_us and until_us must be whole microseconds\n") from None
        await self.buffer.flush()
        path = self.store.path.with_name(f"run-{time.time_ns()}.duckdb")
        try:
            await asyncio.to_thread(self.store.export, path, since_us, until_us)
            return web.Response(body=await asyncio.to_thread(path.read_bytes))
        finally:
            path.unlink(missing_ok=True)

    async def exposition(self, request: web.Request) -> web.Response:
        """Answer Prometheus, in OpenMetrics if it asks for that, which alone has exemplars."""
        openmetrics = prometheus.OPENMETRICS in request.headers.get("Accept", "")
        text = prometheus.text(self.measurements.series, now_us() - FRESH_US, openmetrics=openmetrics)
        return web.Response(body=text.encode(), headers={"Content-Type": prometheus.content_type(openmetrics)})

    async def healthz(self, _: web.Request) -> web.Response:
        """Say what came in, what waits and what was lost; whatever was said before the question can be read after."""
        await self.buffer.flush()
        return web.json_response(
            {
                "received": self.buffer.received,
                "spans": self.buffer.spans,
                "waiting": self.buffer.waiting,
                "refused": self.buffer.refused,
                "lost": self.buffer.lost,
                "series": len(self.measurements.series),
                "not_handed_on": self.forwarding.dropped if self.forwarding else 0,
            }
        )

    def _taken(self, request: web.Request, body: bytes, read: Callable[[], Batch]) -> web.Response:
        try:
            self.buffer.add(read())
        except UnreadableError as error:
            return web.Response(status=400, text=f"{error}\n")
        except FullError:
            return web.Response(status=503, headers={"Retry-After": RETRY_AFTER_S})
        if self.forwarding is not None and request.path in OTLP:
            self.forwarding.hand_on(Body(request.path, request.content_type, body))
        return web.Response(content_type=request.content_type)

    async def _derive(self) -> None:
        """Tell what the spans amount to every few seconds, and how we are, as if it had come by OTLP."""
        while True:
            await asyncio.sleep(DERIVE_EVERY_S)
            self._measured(self._derived(now_us()))

    def _measured(self, told: Iterable[tuple[str, str, Series]]) -> None:
        points = [point for node, metric, series in told for point in self.measurements.add(node, metric, series)]
        with contextlib.suppress(FullError):
            self.buffer.add(Batch(points=points))

    def _derived(self, at_us: int) -> Iterator[tuple[str, str, Series]]:
        yield from self.spans.told(at_us)
        yield from self.message_metrics.told(at_us)
        yield from own_metrics.told(self, at_us)
        for node, state in states_of(self.shown).items():
            about = "1: the node answers its probe."
            yield node, "veigo.node.ready", Series("gauge", "", about, {}, at_us, float(state == NodeState.READY))

    async def _count(self) -> None:
        """Count what became of messages; what cannot be counted in time is counted the next."""
        questions = Questions(self.store)
        while True:
            await asyncio.sleep(COUNT_EVERY_S)
            with contextlib.suppress(BusyError, TooMuchError):
                await questions.ask(lambda store: self.message_metrics.count(store, now_us()))

    async def _running(self, _: web.Application) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(self.buffer.run()),
            asyncio.create_task(self._derive()),
            asyncio.create_task(self._count()),
        ]
        if self.forwarding is not None:
            tasks.append(asyncio.create_task(self.forwarding.run()))
        if self.connectors is not None:
            tasks.append(asyncio.create_task(self.connectors.watch(self._measured, now_us)))
        yield
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        await self.buffer.flush()  # whatever ended a task, what came in is kept
        for error in ended:
            if isinstance(error, Exception):
                log.error("task_failed", error=f"{type(error).__name__}: {error}")


def now_us() -> int:
    """Microseconds since the epoch."""
    return time.time_ns() // 1000


@contextlib.asynccontextmanager
async def serving(collector: Collector, host: str, port: int) -> AsyncIterator[None]:
    """Serve while the context is open."""
    runner = web.AppRunner(collector.application(), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()


def store_at(path: Path) -> Store:
    """Open the collector's store; one that cannot be opened is put aside, so that the stack has a collector."""
    from veigo.stack.problem import StackError

    try:
        return Store.open(path)
    except StackError:
        path.rename(path.with_suffix(".damaged"))
        return Store.open(path)
