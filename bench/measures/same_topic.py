"""Whether a message is with everybody as soon as Centrifugo, reading the very same Kafka topic, has it there."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from bench.blocks import figures_of
from bench.measure import Figures, Goal, Measure, Ratio, Repeat
from bench.peers import tools
from bench.peers.centrifugo import centrifugo, from_kafka
from bench.peers.listener import Listener, listening
from bench.peers.our_rooms import front_door, message_id, our_rooms
from bench.peers.said import Said, Write, said
from bench.peers.same_topic import rooms_named
from bench.site import Site
from veigo.history import Witnessed
from veigo.witness import Witness

BLOCK_S = 1.5
PER_S = {1: 100.0, 100: 50.0, 1_000: 10.0}  # sockets in a room → messages a second
CHARACTERS = 100
AT = ("gateway", "realtime", "Centrifugo")


def side(at: str, sockets: int) -> str:
    """The name of a side."""
    return f"{at}, room of {sockets:,}"


@asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Mapping[str, Repeat]]:
    """Open a room's sockets at each of the three doors, for each size; only one room is written into at a time."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(rooms_named(site))
        peer = await stack.enter_async_context(centrifugo(site, from_kafka([site.stack.address("kafka")])))
        write_into = await stack.enter_async_context(front_door(site))
        witness = Witness(site.stack.address("kafka"))
        rooms = iter(await our_rooms(site, len(AT) * len(PER_S)))
        sides: dict[str, Repeat] = {}
        for sockets, per_s in PER_S.items():
            for at in AT:
                room = next(rooms)
                door = peer.door(room.id) if at == "Centrifugo" else room.door(site.stack.port(at))
                listener = await stack.enter_async_context(listening(door, sockets, site.folder))
                write = write_into(room, CHARACTERS)
                await said(listener, write, per_s=10, seconds=0.5)  # until then nothing is known to arrive
                sides[side(at, sockets)] = _block(site, witness, listener, write, per_s)
        yield sides


def _block(site: Site, witness: Witness, listener: Listener, write: Write, per_s: float) -> Repeat:
    async def block() -> Figures:
        since = await asyncio.to_thread(witness.note)
        told = await said(listener, write, per_s, site.seconds(BLOCK_S))
        events = [event for event in await asyncio.to_thread(witness.read, since) if isinstance(event, Witnessed)]
        return told.figures | figures_of(told.last_ms(_committed_ns(told, events)), "commit_")

    return block


def _committed_ns(told: Said, events: list[Witnessed]) -> dict[int, int]:
    """When each of these messages was committed, by the monotonic clock."""
    wall_ahead_ns = time.time_ns() - time.monotonic_ns()
    at_us = {event.message_id: event.committed_us for event in events}
    return {number: at_us[str(message_id(number))] * 1000 - wall_ahead_ns for number in told.intended_ns}


measure = Measure(
    name="same_topic",
    question="Is a message with everybody as soon as Centrifugo, reading the same Kafka topic, has it there?",
    sides={
        side(at, sockets): {
            "gateway": "the whole of this stack: sockets at the gateway, which relays to realtime",
            "realtime": "sockets at realtime itself, as Centrifugo's are at it",
            "Centrifugo": "Centrifugo's Kafka consumer on the same topic, in a group of its own",
        }[at]
        + f"; {PER_S[sockets]:g} messages/s"
        for sockets in PER_S
        for at in AT
    },
    ratios=tuple(
        Ratio(
            f"{figure.removesuffix('_ms')} {what}, room of {sockets:,}",
            over=(side(at, sockets),),
            under=(side("Centrifugo", sockets),),
            figure=figure,
            goal=Goal(at_most=1.0) if figure == "p99_ms" else None,
        )
        for sockets in PER_S
        for at, what in (("gateway", "through the gateway"), ("realtime", "at realtime"))
        for figure in ("p50_ms", "p99_ms")
    ),
    opened=opened,
    build=lambda: tools.build("centrifugo", "listener"),
    versions={"Centrifugo": tools.version("centrifugo")},
    note="Every message is a GraphQL mutation to this stack, whoever delivers it: from the intended time to each "
    "socket, by the kernel's time stamps. Debezium's records name their room in a header (Kafka Connect's HeaderFrom), "
    "which is how Centrifugo knows the channel; it passes the whole envelope on, a frame about three times as long as "
    "ours. All sockets of all sides are open all the time, and both read every record. `commit_` figures are from "
    "PostgreSQL's commit to the last socket. Not traced, since Centrifugo traces nothing.",
)
