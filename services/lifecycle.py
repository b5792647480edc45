"""How a service process lives: one event loop, until somebody asks it to stop."""

import asyncio
import gc
import resource
import signal
from collections.abc import Coroutine

import uvloop

from services import finished_spans, metrics


async def until_stopped() -> None:
    """Return at the first SIGTERM or SIGINT; what follows in the caller is the drain."""
    # What has been made by now (modules, schemas, pools) stays for good: without it in view, a full collection takes
    # a fraction of the time in which no message moves.
    gc.collect()
    gc.freeze()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()


def run(main: Coroutine[object, object, None]) -> None:
    """Run a service's main coroutine on uvloop and return when it has drained."""
    _allow_many_files()
    finished_spans.configure()
    metrics.configure()
    metrics.counter("veigo.spans.dropped", "Spans that found no room, or nobody who took them.", finished_spans.dropped)
    try:
        uvloop.run(main)
    finally:
        finished_spans.shutdown()
        metrics.shutdown()


def _allow_many_files() -> None:
    """Raise this process's limit of open files as far as it may: a realtime has one for each socket, a gateway two."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
