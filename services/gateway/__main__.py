"""Run the gateway: `python -m services.gateway`. It drains at SIGTERM and ends with 0."""

import asyncio

import structlog

from services import lifecycle, logs
from services.gateway.app import served
from services.gateway.server import listening_socket, server
from services.gateway.settings import Settings


async def main() -> None:
    """Serve until stopped, then drain."""
    settings = Settings()
    logs.configure("gateway", settings.log_level)
    listener = listening_socket(settings.listen_host, settings.listen_port)
    running = server(served(settings), settings.drain_s)
    serving = asyncio.create_task(running.serve([listener]))
    stopped = asyncio.create_task(lifecycle.until_stopped())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    running.should_exit = True
    await serving
    structlog.get_logger().info("stopped")


if __name__ == "__main__":
    lifecycle.run(main())
