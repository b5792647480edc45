"""The scoreboard's peers really run: frames of theirs arrive at the scoreboard's listener."""

import itertools
import shutil

import pytest
from websockets.asyncio.server import serve

from bench.peers import tools
from bench.peers.centrifugo import centrifugo, from_outbox
from bench.peers.database import outbox, peers_database
from bench.peers.listener import Door, listening
from bench.peers.our_rooms import back_door, front_door, our_rooms
from bench.peers.said import heard_out, numbers, said
from bench.peers.send_loop import send_loop
from bench.peers.socketio import socketio
from bench.site import Site
from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.stack.problem import StackError
from veigo.stack.stack import Stack

SOCKETS = 20


def needs(*names):
    missing = tools.toolchain().missing(*names)
    return pytest.mark.skipif(bool(missing), reason=f"not built: {', '.join(missing)} (`python -m bench build`)")


@pytest.fixture
def site(stack, tmp_path):
    """The stack of this session as the scoreboard sees one; nothing of it is changed."""
    return Site(tmp_path, found=Stack.existing(TOPOLOGY, toolchain(), stack.name))


@pytest.fixture
async def database(site):
    """What Socket.IO and the outbox keep their rows in."""
    async with peers_database(site) as dsn:
        yield dsn


@needs("listener", "send_loop")
async def test_the_floor_sends_every_message_to_every_socket(tmp_path):
    """One send for each."""
    async with send_loop(300) as loop, listening(loop.door(), SOCKETS, tmp_path) as listener:
        wanted = numbers(10)
        await listener.begin()
        await loop.send(wanted, per_s=200)
        told = await heard_out(listener, dict.fromkeys(wanted, 0))

    assert 10 * SOCKETS == told.heard.deliveries
    assert 300 == told.heard.size / told.heard.frames


@needs("listener", "send_loop")
async def test_sockets_can_be_added(tmp_path):
    """For memory by steps."""
    async with send_loop(300) as loop, listening(loop.door(), SOCKETS, tmp_path) as listener:
        await listener.more(5)
        wanted = numbers(1)
        await listener.begin()
        await loop.send(wanted, per_s=100)
        told = await heard_out(listener, dict.fromkeys(wanted, 0))

    assert SOCKETS + 5 == listener.sockets == told.heard.deliveries


@needs("listener")
async def test_a_server_that_is_busy_is_asked_again(tmp_path):
    """At the upgrade and at the join; each refusal is counted, and every socket gets in."""
    asked, joins = itertools.count(1), itertools.count(1)

    async def busy(connection, request):
        return connection.respond(503, "try again") if next(asked) <= 3 else None

    async def talk(connection):
        async for _ in connection:
            await connection.send('{"type":"ERROR"}' if next(joins) <= 4 else '{"type":"JOINED"}')

    async with serve(talk, "127.0.0.1", 0, process_request=busy, compression=None) as server:
        door = Door(server.sockets[0].getsockname()[1], say="in", joined='"JOINED"')
        async with listening(door, 1, tmp_path) as listener:
            await listener.more(SOCKETS)

    assert SOCKETS + 1 == listener.sockets
    assert 7 == listener.refusals


@needs("listener")
async def test_a_server_that_refuses_for_good_is_quoted(tmp_path):
    """In the sentence that says why nothing was measured."""

    async def never(connection, request):
        return connection.respond(401, "who are you")

    async with serve(None, "127.0.0.1", 0, process_request=never) as server:
        with pytest.raises(StackError, match=r"failed refused: HTTP/1.1 401 Unauthorized"):
            async with listening(Door(server.sockets[0].getsockname()[1]), 1, tmp_path):
                pass


@needs("listener", "centrifugo")
async def test_centrifugo_delivers_what_is_in_its_outbox(site, database):
    """By its PostgreSQL consumer, to every subscriber."""
    async with (
        centrifugo(site, from_outbox(database)) as peer,
        outbox(database) as write_into,
        listening(peer.door("room"), SOCKETS, site.folder) as listener,
    ):
        told = await said(listener, write_into("room", 50), per_s=50, seconds=0.4)

    assert 20 * SOCKETS == told.heard.deliveries
    assert all(0 < took_ms < 10_000 for took_ms in told.delivered_ms)


@needs("listener", "socketio")
@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
async def test_socketio_delivers_what_it_has_kept(site, database):
    """Inserted, then emitted."""
    async with (
        socketio(site, database) as peer,
        peer.sender("room") as write_of,
        listening(peer.door("room"), SOCKETS, site.folder) as listener,
    ):
        told = await said(listener, write_of(50), per_s=50, seconds=0.4)

    assert 20 * SOCKETS == told.heard.deliveries


@needs("listener")
async def test_our_own_sockets_are_heard_the_same_way(site):
    """At the gateway and at realtime; nothing comes twice, nothing is missing."""
    (room,) = await our_rooms(site, 1)
    async with back_door(site) as write_into, front_door(site) as say_into:
        async with listening(room.door(site.stack.port("gateway")), SOCKETS, site.folder) as listener:
            by_statement = await said(listener, write_into(room, 50), per_s=50, seconds=0.2)
        async with listening(room.door(site.stack.port("realtime")), SOCKETS, site.folder) as listener:
            by_mutation = await said(listener, say_into(room, 50), per_s=50, seconds=0.2)

    assert [10 * SOCKETS] * 2 == [by_statement.heard.deliveries, by_mutation.heard.deliveries]
