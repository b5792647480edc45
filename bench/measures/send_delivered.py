"""How much longer a message takes than the steps it cannot do without, put together."""

import contextlib
from collections.abc import AsyncIterator, Mapping

from bench.blocks import figures_of
from bench.floors.commit import commits
from bench.floors.database import database
from bench.floors.decoding import decoded
from bench.floors.echo import echoed
from bench.floors.kafka_loop import looped
from bench.measure import Figures, Goal, Measure, Ratio, Repeat
from bench.room import room
from bench.site import Site

PER_S = 100
BLOCK_S, FLOOR_S = 6.0, 3.0
FLOORS = ("commit", "decoding", "Kafka loop", "echo")


@contextlib.asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Mapping[str, Repeat]]:
    """Have a room with somebody who listens, and the four floors, all at the same rate."""
    seconds = site.seconds(FLOOR_S)
    async with contextlib.AsyncExitStack() as held:
        talking = await held.enter_async_context(room(site))
        made = await held.enter_async_context(database(site))

        async def ours() -> Figures:
            talk = await talking.talk(PER_S, site.seconds(BLOCK_S))
            return (
                figures_of(talk.delivered_ms)
                | figures_of(talk.acknowledged_ms, "acknowledged_")
                | figures_of(talk.late_ms, "late_")
            )

        await talking.talk(PER_S, site.seconds(FLOOR_S))  # to warm up
        yield {
            "ours": ours,
            "commit": await held.enter_async_context(commits(made, PER_S, seconds)),
            "decoding": await held.enter_async_context(decoded(made, PER_S, seconds)),
            "Kafka loop": await held.enter_async_context(looped(site, PER_S, seconds)),
            "echo": await held.enter_async_context(echoed(PER_S, seconds)),
        }


measure = Measure(
    name="send_delivered",
    question="How much longer is a message under way, from its intended sending to a member's socket, than its floors?",
    sides={
        "ours": "100 GraphQL mutations a second, each until its frame is at another member's socket",
        "commit": "an INSERT of a row like a message's, and its commit",
        "decoding": "a bare replication client, from the commit's answer until it has the row",
        "Kafka loop": "a record produced with acks=all until it is consumed, by the services' own client",
        "echo": "300 bytes to another process and back",
    },
    ratios=(
        Ratio("p50", over=("ours",), under=FLOORS, figure="p50_ms", goal=Goal(at_most=2.0)),
        Ratio("p99", over=("ours",), under=FLOORS, figure="p99_ms", goal=Goal(at_most=3.0)),
    ),
    opened=opened,
    note="Every side has 100 a second at even distances. The floors' percentiles are added; that the slowest of four "
    "independent steps seldom meet makes the sum of p99s larger than the p99 of a sum.",
)
