"""Whether a delivery costs as little as one of Centrifugo, which reads the same Kafka topic."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from bench.measure import Goal, Measure, Repeat
from bench.peers import fan_out, tools
from bench.peers.centrifugo import centrifugo, from_kafka
from bench.peers.our_realtime import realtime
from bench.peers.our_rooms import back_door, our_rooms
from bench.peers.same_topic import rooms_named
from bench.site import Site

PEER = "Centrifugo"


@asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Mapping[str, Repeat]]:
    """Open the rooms of both, of each size; only one is written into at a time."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(rooms_named(site))
        peer = await stack.enter_async_context(centrifugo(site, from_kafka([site.stack.address("kafka")])))
        write_into = await stack.enter_async_context(back_door(site))
        rooms, sides = iter(await our_rooms(site, 2 * len(fan_out.PER_S))), {}
        for sockets in fan_out.PER_S:
            room, theirs = next(rooms), next(rooms)
            door = room.door(site.stack.port("realtime"))
            sides[fan_out.side("ours", sockets)] = await fan_out.opened(
                site, stack, door, sockets, realtime(site), partial(write_into, room)
            )
            sides[fan_out.side(PEER, sockets)] = await fan_out.opened(
                site, stack, peer.door(theirs.id), sockets, peer.process, partial(write_into, theirs)
            )
        yield sides


measure = Measure(
    name="fan_out_centrifugo",
    question="How many deliveries does a second of processor time make, by Centrifugo's?",
    sides=fan_out.sides(PEER, "Centrifugo's Kafka consumer on the same topic, in a group of its own"),
    ratios=fan_out.ratios(PEER, Goal(at_least=1.0)),
    opened=opened,
    build=lambda: tools.build("centrifugo", "listener"),
    versions={"Centrifugo": tools.version("centrifugo")},
    note=f"Messages of {fan_out.MESSAGE_BYTES:,} bytes: Centrifugo passes Debezium's envelope on, so what is said is "
    "shorter there. Processor time of realtime, or of Centrifugo, alone; both read every record.",
)
