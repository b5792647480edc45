"""What change capture and Kafka cost in latency, beside an outbox table that the socket server reads itself."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from bench.measure import Figures, Goal, Measure, Ratio, Repeat
from bench.peers import tools
from bench.peers.centrifugo import centrifugo, from_outbox
from bench.peers.database import outbox, peers_database
from bench.peers.listener import Listener, listening
from bench.peers.our_rooms import back_door, our_rooms
from bench.peers.said import Write, said
from bench.site import Site

BLOCK_S = 1.5
PER_S = {1: 100.0, 100: 50.0}  # sockets in a room → messages a second
CHARACTERS = 100
PEER = "outbox"


def side(who: str, sockets: int) -> str:
    """The name of a side."""
    return f"{who}, room of {sockets:,}"


@asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Mapping[str, Repeat]]:
    """Open the rooms of both, of each size."""
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(peers_database(site))
        peer = await stack.enter_async_context(centrifugo(site, from_outbox(dsn)))
        write_ours = await stack.enter_async_context(back_door(site))
        write_theirs = await stack.enter_async_context(outbox(dsn))
        sides: dict[str, Repeat] = {}
        for room, (sockets, per_s) in zip(await our_rooms(site, len(PER_S)), PER_S.items(), strict=True):
            for who, door, write in (
                ("ours", room.door(site.stack.port("realtime")), write_ours(room, CHARACTERS)),
                (PEER, peer.door(room.id), write_theirs(room.id, CHARACTERS)),
            ):
                listener = await stack.enter_async_context(listening(door, sockets, site.folder))
                await said(listener, write, per_s=10, seconds=0.5)  # until then nothing is known to arrive
                sides[side(who, sockets)] = _block(site, listener, write, per_s)
        yield sides


def _block(site: Site, listener: Listener, write: Write, per_s: float) -> Repeat:
    async def block() -> Figures:
        return (await said(listener, write, per_s, site.seconds(BLOCK_S))).figures

    return block


measure = Measure(
    name="outbox",
    question="How much later than by an outbox without Kafka is a message there, from its INSERT on?",
    sides={
        side(who, sockets): f"{does}; {PER_S[sockets]:g} messages/s"
        for sockets in PER_S
        for who, does in (
            ("ours", "chat's statement, Debezium, Kafka, sockets at realtime"),
            (PEER, "a message and its outbox row in one statement, NOTIFY, sockets at Centrifugo"),
        )
    },
    ratios=tuple(
        Ratio(
            f"{figure.removesuffix('_ms')}, room of {sockets:,}",
            over=(side("ours", sockets),),
            under=(side(PEER, sockets),),
            figure=figure,
            goal=Goal(at_most=1.5) if figure == "p50_ms" else None,
        )
        for sockets in PER_S
        for figure in ("p50_ms", "p99_ms")
    ),
    opened=opened,
    build=lambda: tools.build("centrifugo", "listener"),
    versions={"Centrifugo": tools.version("centrifugo")},
    note="From the intended time of the INSERT to each socket; both by a pool of eight connections. The outbox has one "
    "partition, polled as by default and told of each row by NOTIFY.",
)
