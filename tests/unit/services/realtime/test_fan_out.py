"""A frame for everybody: straight to the kernel where that takes it, by the transport, in order, where it does not."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest
import uvloop

from services.realtime.connection import Connection
from services.realtime.fan_out import write_to_all
from tests.unit.services.realtime.test_connection import OPENING, Keeper

LARGE = [bytes([number]) * 300_000 for number in range(20)]  # more than the kernel keeps of it for a pair of sockets
WITHIN_S = 10


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request):
    """Run a coroutine on either event loop."""

    def in_loop(work):
        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(asyncio.wait_for(work, WITHIN_S))

    return in_loop


class Watcher(Keeper):
    """Tells when the connection is gone."""

    def __init__(self):
        super().__init__()
        self.gone_by = asyncio.Event()

    def gone(self, connection):
        super().gone(connection)
        self.gone_by.set()


@asynccontextmanager
async def connected():
    """Give a connection that is open and the client's socket, which has read the answer to its handshake."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    loop = asyncio.get_running_loop()
    with theirs:
        transport, connection = await loop.connect_accepted_socket(lambda: Connection(Watcher()), ours)
        await loop.sock_sendall(theirs, OPENING)
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += await loop.sock_recv(theirs, 4096)
        try:
            yield connection, theirs
        finally:
            transport.abort()


async def read(theirs, size):
    """Return the next bytes that a client reads."""
    data = b""
    while len(data) < size:
        data += await asyncio.get_running_loop().sock_recv(theirs, 1 << 20)
    return data


def test_what_is_taken_at_once_leaves_nothing_behind(run):
    async def case():
        async with connected() as (ann, hers), connected() as (ben, his):
            assert write_to_all([ann, ben], b"frame") == []
            assert (await read(hers, 5), await read(his, 5)) == (b"frame", b"frame")

    run(case())


def test_what_is_not_taken_comes_later_whole_and_in_order(run):
    async def case():
        async with connected() as (slow, theirs):
            behind = [write_to_all([slow], frame) for frame in LARGE]

            assert behind[-1] == [slow]
            assert not slow.is_clear
            assert await read(theirs, sum(map(len, LARGE))) == b"".join(LARGE)
            await slow.drained()
            assert slow.is_clear
            assert write_to_all([slow], b"again") == []
            assert await read(theirs, 5) == b"again"

    run(case())


def test_a_slow_socket_costs_the_others_nothing(run):
    async def case():
        async with connected() as (slow, _), connected() as (quick, theirs):
            for frame in LARGE:
                write_to_all([slow, quick], frame)
                assert await read(theirs, len(frame)) == frame

    run(case())


def test_a_client_that_is_gone_is_found_out_and_the_others_are_told(run):
    async def case():
        async with connected() as (gone, hers), connected() as (there, his):
            hers.close()
            write_to_all([gone, there], b"frame")
            assert await read(his, 5) == b"frame"
            await gone._keeper.gone_by.wait()
            assert (gone.is_clear, gone.fd) == (False, -1)

    run(case())


def test_nothing_follows_a_close_frame(run):
    async def case():
        async with connected() as (closing, theirs):
            closing.send_close(1012, "bye")
            assert write_to_all([closing], b"frame") == []
            assert await read(theirs, 1) == b"\x88\x05\x03\xf4bye"

    run(case())


def test_nobody_is_written_to_before_being_let_in():
    assert write_to_all([Connection(Keeper())], b"frame") == []
