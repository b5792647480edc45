"""The listening socket takes whole frames out of whatever pieces the network makes of them."""

import asyncio

import pytest

from bench.raw_socket import PING, RawSocket

SHAKEN = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
LONG = b"x" * 70_000
STREAM = (
    SHAKEN
    + b"\x81\x05hello"
    + b"\x81\x7e\x01\x00"
    + b"y" * 256
    + b"\x81\x7f"
    + len(LONG).to_bytes(8, "big")
    + LONG
    + bytes([0x80 | PING, 2])
    + b"hi"
    + b"\x81\x03end"
)


class Wire:
    """A transport that keeps what is written."""

    def __init__(self):
        self.written = b""
        self.closed = False

    def write(self, data):
        self.written += data

    def close(self):
        self.closed = True


@pytest.fixture
async def opened():
    """A socket on a wire, and the texts it took."""
    texts, wire = [], Wire()
    socket = RawSocket(b"GET /", lambda _socket, text, _at_ns: texts.append(text))
    socket.connection_made(wire)
    return socket, wire, texts


@pytest.mark.parametrize("piece", [1, 7, 4096, len(STREAM)])
async def test_frames_arrive_whole_however_they_are_cut(piece, opened):
    """Handshake and first frame in one packet included."""
    socket, wire, texts = opened

    for at in range(0, len(STREAM), piece):
        socket.data_received(STREAM[at : at + piece])

    assert [b"hello", b"y" * 256, LONG, b"end"] == texts
    assert wire.written.endswith(b"\x8a\x82\0\0\0\0hi")


async def test_a_refused_handshake_is_an_error(opened):
    """With the status line that says why."""
    socket, wire, _ = opened

    socket.data_received(b"HTTP/1.1 401 Unauthorized\r\n\r\n")
    socket.connection_lost(None)

    assert wire.closed
    with pytest.raises(ConnectionError, match="401"):
        await asyncio.wait_for(socket._opened, 1)


async def test_a_close_says_its_code(opened):
    """So that a void block says why."""
    socket, wire, _ = opened

    socket.data_received(SHAKEN + b"\x88\x08" + (4408).to_bytes(2, "big") + b"resume")

    assert "closed with 4408 resume" == socket.closed
    assert wire.closed
