"""The relay carries a WebSocket's bytes both ways, whatever they are, and never more of them than it has room for."""

import asyncio
import functools
import hashlib
import json
import logging
import socket
import struct
import time
from contextlib import asynccontextmanager

import pytest
import structlog
import uvloop
from starlette.applications import Starlette

from services.gateway import server
from services.gateway.frames import SERVICE_RESTART, close_frame
from services.gateway.realtimes import Address, Realtimes
from services.gateway.relay import BUFFER_BYTES_MAX

WAIT_S = 5.0
READ_BYTES_MAX = 256 * 1024  # what uvloop reads at once
STALL_S = 0.3  # a sender that gets no further for so long is held back
MEGABYTE = 1024 * 1024

SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"


def on_uvloop(scenario):
    """Run a test on the loop the gateway runs on."""

    @functools.wraps(scenario)
    def run(*args, **kwargs):
        async def bounded():
            async with asyncio.timeout(6 * WAIT_S):
                await scenario(*args, **kwargs)

        uvloop.run(bounded())

    return run


def handshake(target="/?token=secret", *headers):
    """Return a client's handshake."""
    lines = [f"GET {target} HTTP/1.1", "Host: gateway", "Connection: Upgrade", "Upgrade: websocket", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def frame(payload: bytes) -> bytes:
    """Return a server's binary frame."""
    if len(payload) < 126:
        return bytes([0x82, len(payload)]) + payload
    return bytes([0x82, 126]) + struct.pack("!H", len(payload)) + payload


class Peer:
    """Stands for realtime and for its clients: both ends of every connection, all closed when the test is over."""

    def __init__(self):
        self.served = None
        self._arrivals = asyncio.Queue()
        self._writers = []

    @property
    def relay(self):
        """The only relay there is."""
        (relay,) = self.served.running.server_state.connections
        return relay

    @property
    def arrived(self):
        """How many handshakes reached realtime that nobody took yet."""
        return self._arrivals.qsize()

    async def accept(self, reader, writer):
        self._writers.append(writer)
        head = await reader.readuntil(b"\r\n\r\n")
        await self._arrivals.put((head, reader, writer))

    async def connect(self, *pieces):
        """Connect to the gateway and send."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.served.port)
        self._writers.append(writer)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return reader, writer

    async def next(self):
        """Return what realtime got next: a head, and the streams to answer with."""
        async with asyncio.timeout(WAIT_S):
            return await self._arrivals.get()

    async def opened(self, opening=None):
        """Open a WebSocket through the gateway; returns the streams of both its ends, and the head realtime got."""
        reader, writer = await self.connect(opening or handshake())
        head, peer_reader, peer_writer = await self.next()
        return reader, writer, head, peer_reader, peer_writer

    def leave(self):
        for writer in self._writers:
            writer.transport.abort()


def application(*ports):
    """Return an application that serves nothing, and says where the realtimes are."""

    @asynccontextmanager
    async def lifespan(_):
        yield {"realtimes": Realtimes(Address("127.0.0.1", port) for port in ports)}

    return Starlette(lifespan=lifespan)


@asynccontextmanager
async def relaying(serving, drain_s=1.0, realtime_port=None):
    """Serve a gateway in front of a Peer, or of nobody at `realtime_port`."""
    peer = Peer()
    upstream = await asyncio.start_server(peer.accept, "127.0.0.1", 0)
    port = realtime_port or upstream.sockets[0].getsockname()[1]
    async with upstream, serving(application(port), drain_s) as peer.served:
        try:
            yield peer
        finally:
            peer.leave()


async def exactly(reader, size):
    async with asyncio.timeout(WAIT_S):
        return await reader.readexactly(size)


async def rest(reader):
    async with asyncio.timeout(WAIT_S):
        return await reader.read()


async def fill(writer, chunk=b"x" * 65536):
    """Write until nobody takes more; returns how many bytes were taken from us or wait at our side."""
    written = 0
    try:
        while True:
            writer.write(chunk)
            written += len(chunk)
            async with asyncio.timeout(STALL_S):
                await writer.drain()
    except TimeoutError:
        return written


@on_uvloop
async def test_bytes_arrive_unchanged_both_ways(serving):
    """All 256 values, in both directions, after the handshake's answer went through as it was."""
    every_byte = bytes(range(256))
    async with relaying(serving) as peer:
        reader, writer, _, peer_reader, peer_writer = await peer.opened()
        peer_writer.write(SWITCHING + every_byte)
        writer.write(every_byte[::-1])

        assert await exactly(reader, len(SWITCHING) + 256) == SWITCHING + every_byte
        assert await exactly(peer_reader, 256) == every_byte[::-1]


@on_uvloop
async def test_realtime_gets_the_handshake_as_it_was_sent_and_who_sent_it(serving):
    """Token, Origin and subprotocol are realtime's to judge; the client's address joins those already named."""
    async with relaying(serving) as peer:
        opening = handshake("/any/path?token=SuperDuperUser%20abc", "Origin: http://page", "X-Forwarded-For: 192.0.2.7")
        _, _, head, _, _ = await peer.opened(opening)

        assert head.startswith(b"GET /any/path?token=SuperDuperUser%20abc HTTP/1.1\r\n")
        assert b"origin: http://page\r\n" in head
        assert head.endswith(b"x-forwarded-for: 192.0.2.7, 127.0.0.1\r\n\r\n")


@on_uvloop
async def test_frames_sent_in_one_piece_with_the_handshake_are_not_lost(serving):
    """A client may send before it is answered; those bytes can share a segment with the handshake's."""
    async with relaying(serving) as peer:
        _, writer, _, peer_reader, _ = await peer.opened(handshake() + b"early")
        writer.write(b" and late")

        assert await exactly(peer_reader, 14) == b"early and late"


@on_uvloop
async def test_a_handshake_that_arrives_byte_by_byte_is_one_handshake(serving):
    async with relaying(serving) as peer:
        reader, _ = await peer.connect(*(bytes([byte]) for byte in handshake() + b"early"))
        _, peer_reader, peer_writer = await peer.next()
        peer_writer.write(SWITCHING)

        assert await exactly(peer_reader, 5) == b"early"
        assert await exactly(reader, len(SWITCHING)) == SWITCHING


@on_uvloop
async def test_a_realtime_that_does_not_read_holds_the_client_back(serving):
    """What the gateway keeps for it stays bounded, and once it reads on, nothing was lost."""
    async with relaying(serving) as peer:
        _, writer, _, peer_reader, _ = await peer.opened()
        written = await fill(writer)
        kept = peer.relay._upstream.transport.get_write_buffer_size()

        assert 0 < kept <= BUFFER_BYTES_MAX + READ_BYTES_MAX
        assert await exactly(peer_reader, written) == b"x" * written


@on_uvloop
async def test_a_client_that_does_not_read_holds_realtime_back(serving):
    async with relaying(serving) as peer:
        reader, _, _, _, peer_writer = await peer.opened()
        peer_writer.write(SWITCHING)
        written = await fill(peer_writer, frame(b"y" * 60_000))
        kept = peer.relay._client.transport.get_write_buffer_size()
        received = await exactly(reader, len(SWITCHING) + written)

        assert 0 < kept <= BUFFER_BYTES_MAX + READ_BYTES_MAX
        assert received == SWITCHING + frame(b"y" * 60_000) * (written // len(frame(b"y" * 60_000)))


@on_uvloop
async def test_much_at_once_in_both_directions_arrives_whole(serving):
    """Back-pressure on and off, many times over, in both directions at once."""
    there, back = hashlib.sha256(), hashlib.sha256()
    chunk = bytes(range(256)) * 256

    async def send(writer):
        for number in range(16 * MEGABYTE // len(chunk)):
            writer.write(chunk[number % 256 :] + chunk[: number % 256])
            await writer.drain()
        writer.write_eof()

    async def receive(reader, digest):
        while data := await reader.read(50_000):
            digest.update(data)

    async with relaying(serving) as peer:
        reader, writer, _, peer_reader, peer_writer = await peer.opened()
        async with asyncio.timeout(5 * WAIT_S), asyncio.TaskGroup() as tasks:
            for step in (send(writer), send(peer_writer), receive(reader, back), receive(peer_reader, there)):
                tasks.create_task(step)

    assert there.hexdigest() == back.hexdigest()
    expected = hashlib.sha256()
    for number in range(16 * MEGABYTE // len(chunk)):
        expected.update(chunk[number % 256 :] + chunk[: number % 256])
    assert there.hexdigest() == expected.hexdigest()


@on_uvloop
async def test_when_realtime_cannot_be_reached_the_handshake_gets_503_and_says_so(serving):
    async with relaying(serving, realtime_port=nobody()) as peer:
        reader, _ = await peer.connect(handshake())
        head, _, body = (await rest(reader)).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 503 ")
    assert json.loads(body)["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}


def nobody():
    """Return a port that takes no connections."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@on_uvloop
async def test_a_realtime_that_is_away_is_passed_over(serving):
    """The client notices nothing: another replica takes its socket."""
    peer = Peer()
    upstream = await asyncio.start_server(peer.accept, "127.0.0.1", 0)
    port = upstream.sockets[0].getsockname()[1]
    async with upstream, serving(application(nobody(), port, nobody())) as peer.served:
        for _ in range(4):
            reader, _, _, _, peer_writer = await peer.opened()
            peer_writer.write(SWITCHING)

            assert SWITCHING == await exactly(reader, len(SWITCHING))
        peer.leave()


@on_uvloop
async def test_sockets_are_spread_over_the_realtimes_and_fill_up_who_has_fewest(serving, until):
    """Each takes as many, and who lost one is next."""
    peers = [Peer(), Peer(), Peer()]
    upstreams = [await asyncio.start_server(peer.accept, "127.0.0.1", 0) for peer in peers]
    ports = [upstream.sockets[0].getsockname()[1] for upstream in upstreams]
    async with serving(application(*ports)) as served:
        client = Peer()
        client.served = served
        for _ in range(6):
            await client.connect(handshake())
        await until(lambda: 6 == sum(peer.arrived for peer in peers))
        spread = [peer.arrived for peer in peers]
        _, _, lost = await peers[1].next()
        reset(lost)
        await until(lambda: 5 == len(served.running.server_state.connections))
        await client.connect(handshake())
        await until(lambda: 6 == sum(peer.arrived for peer in peers))
        refilled = [peer.arrived for peer in peers]
        for peer in (client, *peers):
            peer.leave()
    for upstream in upstreams:
        upstream.close()

    assert [2, 2, 2] == spread
    assert [2, 2, 2] == refilled


@pytest.mark.parametrize("target", ["/graphql/", "/gql/?token=x", "/%67ql"])
def test_where_graphql_would_be_served_nothing_is_relayed(serving, target):
    """Realtime never hears of it; the answer says where to go."""

    @on_uvloop
    async def scenario():
        async with relaying(serving) as peer:
            reader, _ = await peer.connect(handshake(target))
            head, _, body = (await rest(reader)).partition(b"\r\n\r\n")

            assert head.startswith(b"HTTP/1.1 404 ")
            assert json.loads(body)["errors"][0]["extensions"] == {"code": "NOT_FOUND"}
            assert peer.arrived == 0

    scenario()


@on_uvloop
async def test_what_realtime_refuses_is_refused(serving):
    refusal = b"HTTP/1.1 401 Unauthorized\r\nX-WebSocket-Reject-Reason: expired\r\ncontent-length: 0\r\n\r\n"
    async with relaying(serving) as peer:
        reader, _, _, _, peer_writer = await peer.opened()
        peer_writer.write(refusal)
        peer_writer.close()

        assert await rest(reader) == refusal


@on_uvloop
async def test_a_client_that_finished_speaking_still_listens(serving):
    async with relaying(serving) as peer:
        reader, writer, _, peer_reader, peer_writer = await peer.opened()
        writer.write(b"last words")
        writer.write_eof()
        heard = await rest(peer_reader)
        peer_writer.write(b"an answer")
        peer_writer.close()

        assert heard == b"last words"
        assert await rest(reader) == b"an answer"


@on_uvloop
async def test_a_realtime_that_finished_speaking_still_listens(serving):
    async with relaying(serving) as peer:
        reader, writer, _, peer_reader, peer_writer = await peer.opened()
        peer_writer.write(b"last words")
        peer_writer.write_eof()
        heard = await rest(reader)
        writer.write(b"an answer")
        writer.close()

        assert heard == b"last words"
        assert await rest(peer_reader) == b"an answer"


def reset(writer):
    """End a connection with a reset, as a crash does."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@on_uvloop
async def test_when_a_client_vanishes_realtime_learns_of_it(serving):
    async with relaying(serving) as peer:
        _, writer, _, peer_reader, _ = await peer.opened()
        reset(writer)

        assert await rest(peer_reader) == b""


@on_uvloop
async def test_when_realtime_vanishes_the_client_learns_of_it(serving):
    async with relaying(serving) as peer:
        reader, _, _, _, peer_writer = await peer.opened()
        peer_writer.write(SWITCHING)
        await exactly(reader, len(SWITCHING))
        reset(peer_writer)

        assert await rest(reader) == b""


@on_uvloop
async def test_a_stop_says_goodbye_to_open_sockets_and_does_not_wait_out_its_time(serving):
    """Close code 1012: the client knows that it should come back."""
    async with relaying(serving, drain_s=WAIT_S) as peer:
        reader, writer, _, _, peer_writer = await peer.opened()
        peer_writer.write(SWITCHING + frame(b"hello"))
        await exactly(reader, len(SWITCHING + frame(b"hello")))
        began = time.monotonic()
        stop = asyncio.create_task(peer.served.stop())
        goodbye = await rest(reader)
        writer.close()
        await stop

        assert goodbye == close_frame(SERVICE_RESTART, "the gateway restarts; connect again")
        assert time.monotonic() - began < WAIT_S / 2


@on_uvloop
async def test_a_stop_says_goodbye_to_many_sockets_by_and_by(serving, monkeypatch):
    """Everybody is told, however few at a time."""
    monkeypatch.setattr(server, "GOODBYES_AT_ONCE", 1)
    async with relaying(serving, drain_s=WAIT_S) as peer:
        opened = [await peer.opened() for _ in range(4)]
        for reader, _, _, _, peer_writer in opened:
            peer_writer.write(SWITCHING)
            await exactly(reader, len(SWITCHING))
        stop = asyncio.create_task(peer.served.stop())
        goodbyes = [await rest(reader) for reader, *_ in opened]
        for _, writer, *_ in opened:
            writer.close()
        await stop

    assert [close_frame(SERVICE_RESTART, "the gateway restarts; connect again")] * 4 == goodbyes


@on_uvloop
async def test_a_goodbye_waits_for_the_frame_under_way(serving, until):
    whole = frame(b"z" * 50_000)
    async with relaying(serving, drain_s=WAIT_S) as peer:
        reader, writer, _, _, peer_writer = await peer.opened()
        peer_writer.write(SWITCHING + whole[:1_000])
        await exactly(reader, len(SWITCHING) + 1_000)
        stop = asyncio.create_task(peer.served.stop())
        await until(lambda: peer.relay._client._leaving)
        peer_writer.write(whole[1_000:] + frame(b"too late"))
        received = await rest(reader)
        writer.close()
        await stop

        assert received.startswith(whole[1_000:])
        assert received[len(whole) - 1_000 :].endswith(b"the gateway restarts; connect again")


@on_uvloop
async def test_a_client_that_ignores_the_goodbye_does_not_hold_up_the_stop(serving):
    async with relaying(serving, drain_s=1.0) as peer:
        reader, _, _, _, peer_writer = await peer.opened()
        peer_writer.write(SWITCHING)
        await exactly(reader, len(SWITCHING))
        began = time.monotonic()
        await peer.served.stop()

        assert 0.9 < time.monotonic() - began < WAIT_S


@on_uvloop
async def test_the_log_names_the_path_and_never_the_token(serving, until):
    with structlog.testing.capture_logs() as lines:
        async with relaying(serving) as peer:
            _, writer, _, peer_reader, _ = await peer.opened(handshake("/?token=very-secret") + b"four")
            await exactly(peer_reader, 4)
            reset(writer)
            await until(lambda: any(line["event"] == "relay_closed" for line in lines))

    assert [line["path"] for line in lines if line["event"] == "relay_closed"] == ["/"]
    assert "very-secret" not in repr(lines)


def test_uvicorn_writes_no_access_log(serving, caplog):
    """Its lines hold the query."""

    @on_uvloop
    async def scenario():
        async with relaying(serving) as peer:
            reader, _ = await peer.connect(
                b"GET /?token=very-secret HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n"
            )
            await rest(reader)

    with caplog.at_level(logging.DEBUG):
        scenario()

    assert "very-secret" not in caplog.text
