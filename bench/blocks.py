"""Blocks of work for a measure: one after the other as fast as it goes, or at a steady rate whatever becomes of it."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from bench.measure import Figures
from veigo.latency import percentile

PERCENTILES = (50, 99)


def figures_of(samples_ms: list[float], prefix: str = "") -> Figures:
    """The percentiles of a block's samples in milliseconds, and how many there were."""
    ordered = sorted(samples_ms)
    found: Figures = {f"{prefix}p{percent}_ms": percentile(ordered, percent) or 0.0 for percent in PERCENTILES}
    return found | {f"{prefix}samples": float(len(ordered))}


async def one_after_another(work: Callable[[], Awaitable[object]], seconds: float) -> list[float]:
    """Do something again and again; return what each took, in milliseconds."""
    took_ms: list[float] = []
    until_s = time.monotonic() + seconds
    while (began_s := time.monotonic()) < until_s:
        await work()
        took_ms.append((time.monotonic() - began_s) * 1000)
    return took_ms


async def at_a_rate(per_s: float, seconds: float) -> AsyncIterator[int]:
    """Give the times at which something is meant to begin, in monotonic nanoseconds, each when it has come.

    A thread of its own sleeps until then: the timers of an event loop count in whole milliseconds, which is as long as
    some of what is measured.
    """
    loop, due = asyncio.get_running_loop(), asyncio.Queue[int | None]()
    ended = threading.Event()

    def wake() -> None:
        first_ns = time.monotonic_ns()
        for number in range(max(1, round(per_s * seconds))):
            intended_ns = first_ns + round(number / per_s * 1e9)
            if ended.wait(max(0, intended_ns - time.monotonic_ns()) / 1e9):
                return
            loop.call_soon_threadsafe(due.put_nowait, intended_ns)
        loop.call_soon_threadsafe(due.put_nowait, None)

    thread = threading.Thread(target=wake, name="pace", daemon=True)
    thread.start()
    try:
        while (intended_ns := await due.get()) is not None:
            yield intended_ns
    finally:
        ended.set()
        thread.join()
