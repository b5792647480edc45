"""How much of a plain send loop's fan-out is left when a chat does it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from bench.measure import Goal, Measure, Repeat
from bench.peers import fan_out, tools
from bench.peers.listener import listening
from bench.peers.our_realtime import realtime
from bench.peers.our_rooms import back_door, our_rooms
from bench.peers.send_loop import send_loop
from bench.site import Site

PEER = "send loop"


@asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Mapping[str, Repeat]]:
    """Open the rooms of both, of each size."""
    async with AsyncExitStack() as stack:
        write_into = await stack.enter_async_context(back_door(site))
        rooms, sides = iter(await our_rooms(site, 2 * len(fan_out.PER_S))), {}
        for sockets in fan_out.PER_S:
            room, silent = next(rooms), next(rooms)
            door = room.door(site.stack.port("realtime"))
            ours = await stack.enter_async_context(listening(door, sockets, site.folder))
            size = await fan_out.fitted(ours, partial(write_into, room))
            sides[fan_out.side("ours", sockets)] = fan_out.block(site, realtime(site), ours, write_into(room, size))
            loop = await stack.enter_async_context(send_loop(fan_out.MESSAGE_BYTES))
            theirs = await stack.enter_async_context(listening(loop.door(), sockets, site.folder))
            meanwhile = write_into(silent, size)
            sides[fan_out.side(PEER, sockets)] = fan_out.floor_block(site, loop, theirs, meanwhile)
        yield sides


measure = Measure(
    name="fan_out_floor",
    question="How many deliveries does a second of processor time make, by a plain send loop's?",
    sides=fan_out.sides(PEER, "a C program that sends one frame after the other, and reads nothing"),
    ratios=fan_out.ratios(PEER, Goal(at_least=0.9)),
    opened=opened,
    build=lambda: tools.build("send_loop", "listener"),
    note=f"Messages of {fan_out.MESSAGE_BYTES:,} bytes. Processor time of realtime, or of the loop. Our messages "
    "are written to PostgreSQL by chat's statement and come through Debezium and Kafka; the loop makes its own, while "
    "as many of ours go to a room where nobody listens, so that the machine is as busy beside it.",
)
