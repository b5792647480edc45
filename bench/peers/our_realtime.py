"""A realtime beside the stack's own, started as the stack starts it, that has had no sockets yet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import psutil

from bench.peers.beside import beside, free_port
from bench.site import Site
from stack import rest
from veigo.stack.ports import HOST
from veigo.stack.state import read_record


def realtime(site: Site) -> psutil.Process:
    """The process of the stack's own."""
    record = read_record(site.stack.state_file)
    process = record.nodes["realtime"].process if record is not None else None
    if process is None:
        raise RuntimeError("the stack has no realtime")
    return psutil.Process(process.pid)


@asynccontextmanager
async def fresh_realtime(site: Site) -> AsyncIterator[tuple[psutil.Process, int]]:
    """Give its process and its port."""
    port = free_port()
    launch = site.stack.topology.node("realtime").launch(site.stack)
    own = dict(launch.environment) | {"LISTEN_PORT": str(port)}

    async def probe() -> None:
        await rest.request(f"{HOST}:{port}", "GET", "/healthz")

    async with beside(f"realtime-{port}", replace(launch, environment=own), site.folder, probe) as process:
        yield process, port
