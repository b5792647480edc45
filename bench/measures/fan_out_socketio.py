"""By how much a delivery costs less than one of Socket.IO."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from bench.measure import Goal, Measure, Repeat
from bench.peers import fan_out, tools
from bench.peers.database import peers_database
from bench.peers.our_realtime import realtime
from bench.peers.our_rooms import back_door, our_rooms
from bench.peers.socketio import socketio
from bench.site import Site

PEER = "Socket.IO"


@asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Mapping[str, Repeat]]:
    """Open the rooms of both, of each size."""
    async with AsyncExitStack() as stack:
        peer = await stack.enter_async_context(socketio(site, await stack.enter_async_context(peers_database(site))))
        write_into = await stack.enter_async_context(back_door(site))
        rooms, sides = await our_rooms(site, len(fan_out.PER_S)), {}
        for room, sockets in zip(rooms, fan_out.PER_S, strict=True):
            door = room.door(site.stack.port("realtime"))
            sides[fan_out.side("ours", sockets)] = await fan_out.opened(
                site, stack, door, sockets, realtime(site), partial(write_into, room)
            )
            said_in = await stack.enter_async_context(peer.sender(room.id))
            sides[fan_out.side(PEER, sockets)] = await fan_out.opened(
                site, stack, peer.door(room.id), sockets, peer.process, said_in
            )
        yield sides


measure = Measure(
    name="fan_out_socketio",
    question="How many deliveries does a second of processor time make, by Socket.IO's?",
    sides=fan_out.sides(PEER, "a Socket.IO server that inserts what is said into PostgreSQL, then emits it"),
    ratios=fan_out.ratios(PEER, Goal(at_least=3.0)),
    opened=opened,
    build=lambda: tools.build("socketio", "listener"),
    versions={"Socket.IO": tools.version("socketio")},
    note=f"Messages of {fan_out.MESSAGE_BYTES:,} bytes, no compression. Processor time of realtime, or of Node, alone.",
)
