"""A peer that runs beside the stack for as long as a context is open, and what it spends."""

import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from veigo.crowd.meter import scheduled_s
from veigo.stack.node import Launch
from veigo.stack.ports import HOST
from veigo.stack.problem import NotReadyError, StackError
from veigo.stack.process import ChildProcess, last_lines
from veigo.stack.readiness import until

READY_WITHIN_S = 20.0
STOP_WITHIN_S = 5.0


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


def cpu_s(process: psutil.Process) -> float:
    """The processor seconds of a process until now, user and system, all threads.

    Linux's scheduler counts them in nanoseconds; the times that every system tells go by hundredths of a second, which
    is much of a short block.
    """
    with contextlib.suppress(OSError):  # a thread that ended while it was looked at
        if scheduled := scheduled_s(process.pid):
            return scheduled
    times = process.cpu_times()
    return float(times.user + times.system)


@asynccontextmanager
async def beside(
    name: str, launch: Launch, folder: Path, probe: Callable[[], Awaitable[None]]
) -> AsyncIterator[psutil.Process]:
    """Run a server; give its process once the probe went through.

    Raises:
        StackError: it ended, or was not ready in time.
    """
    log = folder / f"{name}.log"
    child = await ChildProcess.start(launch, log)

    async def ready() -> None:
        if not child.running:
            raise StackError(f"{name} {await child.ended()}: " + " / ".join(last_lines(log, 3)))
        await probe()

    try:
        try:
            await until(ready, READY_WITHIN_S, f"{name} does not serve")
        except StackError as error:
            raise StackError(f"{error}; it said: " + " / ".join(last_lines(log, 3))) from None
        yield psutil.Process(child.identity.pid)
    finally:
        await child.stop(signal.SIGTERM, STOP_WITHIN_S)


async def listens(port: int) -> None:
    """A probe: something listens on the port."""
    with socket.socket() as one:
        one.settimeout(1)
        if one.connect_ex((HOST, port)):
            raise NotReadyError(f"nothing listens on {port}")
