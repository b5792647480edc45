"""One connection, byte by byte: what it hears however it is cut, and that it keeps nothing in between."""

import asyncio

import pytest
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import CLIENT, Protocol

from services.realtime import connection as module
from services.realtime.connection import Connection

OPENING = (
    b"GET /?token=t HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dmVpZ28tY3Jvd2QtaG9sZA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT, BINARY, CONT, PING, PONG, CLOSE = (
    Opcode.TEXT,
    Opcode.BINARY,
    Opcode.CONT,
    Opcode.PING,
    Opcode.PONG,
    Opcode.CLOSE,
)


class Wire:
    """A transport that keeps what is written, and whether it is read."""

    def __init__(self):
        self.written, self.reads, self.ended, self.aborted = b"", True, False, False

    def set_write_buffer_limits(self, high):
        pass

    def get_extra_info(self, _):
        return self

    def fileno(self):
        return -1

    def write(self, data):
        assert not self.ended
        self.written += data

    def write_eof(self):
        self.ended = True

    def is_closing(self):
        return self.aborted

    def abort(self):
        self.aborted = True

    def pause_reading(self):
        self.reads = False

    def resume_reading(self):
        self.reads = True


class Keeper:
    """Lets in at once, or when it is told to, and writes down what it hears."""

    def __init__(self, at_once=True):
        self.at_once, self.messages, self.waiting, self.left = at_once, [], [], False

    def requested(self, connection, opening, request):
        self.waiting.append((connection, opening, request))
        if self.at_once:
            self.let_in()

    def let_in(self):
        connection, opening, request = self.waiting.pop()
        connection.answer(opening.accept(request))
        connection.begin()

    def heard(self, connection, message):
        self.messages.append(message)

    def gone(self, connection):
        self.left = True


def made(keeper):
    connection, wire = Connection(keeper), Wire()
    connection.connection_made(wire)
    return connection, wire


async def opened():
    keeper = Keeper()
    connection, wire = made(keeper)
    connection.data_received(OPENING)
    assert wire.written.startswith(b"HTTP/1.1 101 ")
    assert connection.is_open
    wire.written = b""
    return keeper, connection, wire


def said(opcode, data=b"", fin=True):
    """What a client puts on the wire."""
    return Frame(opcode, data, fin).serialize(mask=True)


def told(wire):
    """The frames in what a server put on the wire."""
    client = Protocol(CLIENT)
    client.receive_data(wire.written)
    return [(frame.opcode, bytes(frame.data)) for frame in client.events_received()]


CONVERSATION = (
    said(TEXT, "grüße".encode())
    + said(PONG)
    + said(TEXT, b"one ", fin=False)
    + said(PING, b"!")
    + said(CONT, b"mess", fin=False)
    + said(CONT, b"age")
    + said(BINARY, b"\x00\x01")
    + said(TEXT, b"x" * 300)
)
HEARD = ["grüße", "one message", b"\x00\x01", "x" * 300]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 10_000])
async def test_how_bytes_are_cut_makes_no_difference(size):
    """Within heads, masks, characters and between fragments."""
    keeper, connection, wire = await opened()
    for at in range(0, len(CONVERSATION), size):
        connection.data_received(CONVERSATION[at : at + size])

    assert HEARD == keeper.messages
    assert [(PONG, b"!")] == told(wire)


@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_a_handshake_may_come_in_pieces_and_with_frames_behind_it(size):
    """What came early is heard once the client is let in, and not before."""
    keeper = Keeper(at_once=False)
    connection, wire = made(keeper)
    everything = OPENING + CONVERSATION
    for at in range(0, len(everything), size):
        connection.data_received(everything[at : at + size])

    assert (1, [], b"", False) == (len(keeper.waiting), keeper.messages, wire.written, wire.reads)

    keeper.let_in()

    assert HEARD == keeper.messages
    assert wire.reads


async def test_nothing_is_kept_between_two_messages():
    """Not after a message, a pong, a ping, nor after one that came in parts; only while it is under way."""
    _, connection, _ = await opened()
    for whole in (said(TEXT, b"{}"), said(PONG), said(PONG, b"x"), said(PING), said(TEXT, b"x" * 7_000)):
        connection.data_received(whole)
        assert connection._talk is None
    connection.data_received(said(TEXT, b"{", fin=False))
    assert connection._talk is not None
    last = said(CONT, b"}")
    connection.data_received(last[:3])
    assert connection._talk is not None
    connection.data_received(last[3:])
    assert connection._talk is None


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (said(TEXT, b"\xff"), 1007),
        (said(TEXT, b"x" * (module.FRAME_BYTES_MAX + 1)), 1009),
        (said(TEXT, b"x" * 40_000, fin=False) + said(CONT, b"x" * 40_000), 1009),
        (said(CONT, b"x"), 1002),
        (Frame(TEXT, b"x").serialize(mask=False), 1002),
        (said(TEXT, b"x", fin=False) + said(TEXT, b"y"), 1002),
    ],
    ids=["no text", "too long", "too long in parts", "nothing to continue", "not masked", "two at once"],
)
async def test_what_is_no_good_ends_the_connection_with_a_code(data, code):
    keeper, connection, wire = await opened()
    connection.data_received(data)
    connection.data_received(said(TEXT, b"too late"))
    [(opcode, payload)] = told(wire)

    assert (CLOSE, code) == (opcode, Close.parse(payload).code)
    assert (False, True, []) == (connection.is_open, wire.ended, keeper.messages)


async def test_a_goodbye_is_answered():
    """And what the client says in one piece with it is heard."""
    keeper, connection, wire = await opened()
    connection.data_received(said(TEXT, b"bye") + said(CLOSE, Close(1001, "tired").serialize()))

    assert ["bye"] == keeper.messages
    assert [(CLOSE, Close(1001, "tired").serialize())] == told(wire)
    assert (False, True) == (connection.is_open, wire.ended)


async def test_who_does_not_answer_a_goodbye_is_cut_off(monkeypatch):
    monkeypatch.setattr(module, "CLOSE_GRACE_S", 0.02)
    _, connection, wire = await opened()
    connection.send_close(4401, "go")
    connection.send_close(1012, "again")

    assert [(CLOSE, Close(4401, "go").serialize())] == told(wire)
    assert not wire.aborted
    await _until(lambda: wire.aborted)


async def test_who_does_not_get_through_the_handshake_is_cut_off(monkeypatch):
    monkeypatch.setattr(module, "HANDSHAKE_S_MAX", 0.02)
    connection, wire = made(Keeper())
    connection.data_received(OPENING[:20])

    await _until(lambda: wire.aborted)


async def test_who_got_through_is_not_cut_off(monkeypatch):
    monkeypatch.setattr(module, "HANDSHAKE_S_MAX", 0.02)
    _, _, wire = await opened()
    passed = asyncio.Event()
    asyncio.get_running_loop().call_later(0.06, passed.set)
    await passed.wait()

    assert not wire.aborted


@pytest.mark.parametrize("request_", [b"nonsense\r\n\r\n", b"x" * module.HEAD_BYTES_MAX])
async def test_what_is_no_request_gets_no_answer_but_an_end(request_):
    keeper = Keeper()
    connection, wire = made(keeper)
    connection.data_received(request_)

    assert ([], True) == (keeper.waiting, wire.ended)


async def test_waiting_for_room_ends_when_there_is_some_or_the_client_is_gone():
    _, connection, _ = await opened()
    await connection.drained()
    for ends in (connection.resume_writing, lambda: connection.connection_lost(None)):
        connection.pause_writing()
        waits = [asyncio.ensure_future(connection.drained()) for _ in range(2)]
        await asyncio.sleep(0)
        assert not any(wait.done() for wait in waits)
        waits[0].cancel()  # one who waits no longer leaves the other waiting
        await asyncio.sleep(0)
        assert not waits[1].done()
        ends()
        await asyncio.wait_for(waits[1], 1)


async def _until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - a timer of the loop sets it
            await asyncio.sleep(0.005)
