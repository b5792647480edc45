"""GET /healthz: 200 while the aggregator keeps up its work, 503 with the reason when something keeps it from it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from services.aggregator.progress import Progress, clock_s, report


@asynccontextmanager
async def serving(host: str, port: int, progress: Progress) -> AsyncIterator[None]:
    """Serve the health page for as long as this is entered."""

    async def healthz(_: web.Request) -> web.Response:
        status, body = report(progress, clock_s())
        return web.json_response(body, status=status)

    application = web.Application()
    application.router.add_get("/healthz", healthz)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()
