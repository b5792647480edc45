"""What tracing every message costs: throughput, the slowest deliveries, and processor time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

from bench.blocks import figures_of
from bench.measure import Figures, Goal, Measure, Ratio, Repeat, Void
from bench.meters import Meters
from bench.room import Room, room
from bench.site import Site

ROOMS, CLIENTS = 4, 16
BLOCK_S = 3.0
WARM_UP_S = 1.0


@contextlib.asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Mapping[str, Repeat]]:
    """Have rooms in which everybody writes, and read what each node spends meanwhile."""
    meters = Meters(site.stack)
    async with contextlib.AsyncExitStack() as held:
        rooms = [await held.enter_async_context(room(site)) for _ in range(ROOMS)]

        async def repeat(*, traced: bool) -> Figures:
            spans, spent = await meters.spans(), meters.cpu_s()
            found = await rushed(rooms, site.seconds(BLOCK_S), traced=traced)
            told = await meters.settled() - spans
            # OpenTelemetry switches tracing off for a request by an unsampled context: see that it does.
            if traced is (told < found["samples"]):
                raise Void(f"{told} spans were told of {found['samples']:.0f} messages")
            each = {node: 1000 * (now_s - spent[node]) / found["samples"] for node, now_s in meters.cpu_s().items()}
            by_node = {f"{node}_cpu_ms_per_message": cpu_ms for node, cpu_ms in each.items()}
            return found | by_node | {"cpu_ms_per_message": sum(each.values()), "spans": float(told)}

        await rushed(rooms, site.seconds(WARM_UP_S), traced=True)
        await meters.settled()
        yield {"traced": lambda: repeat(traced=True), "untraced": lambda: repeat(traced=False)}


async def rushed(rooms: list[Room], seconds: float, *, traced: bool) -> Figures:
    """Write in all rooms as fast as answers come, every message in a trace that is sampled, or in one that is not."""
    talks = await asyncio.gather(*(one.rush(CLIENTS // ROOMS, seconds, traced=traced) for one in rooms))
    sent = sum(len(talk.acknowledged_ns) for talk in talks)
    delivered = figures_of([time_ms for talk in talks for time_ms in talk.delivered_ms])
    return delivered | {"per_s": sent / seconds}


measure = Measure(
    name="tracing",
    question="What does it cost to have every message traced, at as many as the stack can take?",
    sides={
        "traced": "every message in a sampled trace, which is how the stack comes",
        "untraced": "every message in a trace that is not sampled, as OpenTelemetry switches tracing off for a request",
    },
    ratios=(
        Ratio("throughput", over=("traced",), under=("untraced",), figure="per_s", goal=Goal(at_least=0.95)),
        Ratio("p99 of deliveries", over=("traced",), under=("untraced",), figure="p99_ms", goal=Goal(at_most=1.1)),
        Ratio("processor time a message", over=("traced",), under=("untraced",), figure="cpu_ms_per_message"),
    ),
    opened=opened,
    note="Sixteen clients in four rooms, each waiting for its answer. The processor time counts until the collector "
    "has written everything, and stands by node in the raw figures; it is far steadier than rates and percentiles, "
    "which jump about on a small machine.",
)
