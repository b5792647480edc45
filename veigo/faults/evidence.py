"""How one sees from outside that a fault took effect: by asking the node, or the system, or a third party."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

from veigo.faults.site import Running, Site
from veigo.stack.problem import NotReadyError, first_sentence
from veigo.stack.readiness import until

UNANSWERED_S = 2.0  # a healthy node answers its probe in a tenth of this
SLOW_S = 4.0
FELT_WITHIN_S = 15.0


async def refuses(site: Site, node: str) -> str:
    """Wait until a node's process is gone and its clients are turned away."""
    return await _until_unanswered(site, node, Running.GONE)


async def hangs(site: Site, node: str) -> str:
    """Wait until a node's process stands still and its clients wait in vain."""
    return await _until_unanswered(site, node, Running.PAUSED)


async def out_of_reach(site: Site, node: str) -> str:
    """Wait until a node's process runs on while its clients get no answer."""
    return await _until_unanswered(site, node, Running.RUNS)


async def is_another(site: Site, node: str, before: str) -> str:
    """Wait until a node that answers is another process than ``before``."""

    async def ask() -> None:
        if (await site.life(node)).identity == before:
            raise NotReadyError(f"it still is {before}")
        await site.probe(node)

    await until(ask, FELT_WITHIN_S, f"{node} was not seen to start again")
    return f"{node} was {before} and is {(await site.life(node)).identity}"


async def seen(look: Callable[[], Awaitable[str]], otherwise: str, within_s: float | None = None) -> str:
    """Look until there is something to say, which is the evidence; ``otherwise`` is what it means when there never is.

    Raises:
        StackError: nothing was seen in time, so nobody felt the fault.
    """
    found: list[str] = []

    async def ask() -> None:
        if not (said := await look()):
            raise NotReadyError("nothing to be seen")
        found.append(said)

    await until(ask, within_s or FELT_WITHIN_S, f"nobody felt it: {otherwise}")
    return found[0]


async def _until_unanswered(site: Site, node: str, running: Running) -> str:
    async def look() -> str:
        said = await unanswered(site, node)
        felt = said and (await site.life(node)).running is running
        return f"{node} is {running}, and a client was told: {said}" if felt else ""

    return await seen(look, f"{node} is not {running}, or goes on answering")


async def unanswered(site: Site, node: str) -> str:
    """What a client of the node runs into, or nothing when it is answered."""
    try:
        await asyncio.wait_for(site.probe(node), UNANSWERED_S)
    except TimeoutError:
        return f"no answer within {UNANSWERED_S:g} s"
    except Exception as error:  # noqa: BLE001 - whatever a client raises while its server is away
        return first_sentence(error).splitlines()[0]
    return ""


async def edge_is_silent(site: Site, source: str, target: str) -> str:
    """Wait until a request over an edge gets no answer, neither yes nor no."""

    async def look() -> str:
        try:
            await asyncio.wait_for(site.round_trip(source, target), UNANSWERED_S)
        except TimeoutError:
            return f"a request from {source} to {target} had no answer within {UNANSWERED_S:g} s"
        return ""

    return await seen(look, f"requests from {source} to {target} are answered")


async def edge_fails(site: Site, source: str, target: str) -> str:
    """Wait until a request over an edge is broken off."""

    async def look() -> str:
        try:
            await asyncio.wait_for(site.round_trip(source, target), UNANSWERED_S)
        except TimeoutError:
            return ""
        except Exception as error:  # noqa: BLE001 - each protocol has its own
            return f"a request from {source} to {target} failed: {first_sentence(error).splitlines()[0]}"
        return ""

    return await seen(look, f"requests from {source} to {target} do not fail")


async def edge_takes(site: Site, source: str, target: str, seconds: float) -> str:
    """Wait until a request over an edge takes that long at least."""

    async def look() -> str:
        began = time.monotonic()
        with contextlib.suppress(TimeoutError):  # slower than anybody waits is slow enough
            await asyncio.wait_for(site.round_trip(source, target), SLOW_S)
        took_s = time.monotonic() - began
        slow = took_s >= min(seconds, SLOW_S)
        return f"a request from {source} to {target} took {took_s:.3f} s, at least {seconds:.3f}" if slow else ""

    return await seen(look, f"requests from {source} to {target} take less than {seconds:.3f} s")
