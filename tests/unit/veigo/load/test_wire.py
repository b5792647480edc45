"""A WebSocket under gevent, against a server of another make: what comes, how it ends, and who is refused."""

import threading
from http import HTTPStatus
from itertools import islice

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from veigo.load.wire import CUT_SHORT, Wire
from veigo.outcome import Refused


@pytest.fixture
def listening():
    """Start a server with a handler, and return its URL."""
    servers = []

    def start(handler, **options):
        server = serve(handler, "127.0.0.1", 0, compression=None, **options)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.socket.getsockname()[1]}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join(timeout=5)


def echo(connection):
    for message in connection:
        connection.send(message)


def test_what_is_sent_comes_back(listening):
    wire = Wire.open(listening(echo), "token")
    said = [b"hello", "שלום 🦜".encode(), b"x" * 100_000]
    for text in said:
        wire.send(text)

    assert said == list(islice(wire.texts(), 3))
    wire.close()
    assert [] == list(wire.texts())
    assert 1000 == wire.ended[0]


def test_frames_that_came_with_the_handshake_are_not_lost(listening):
    def talks_first(connection):
        for number in range(50):
            connection.send(f"frame {number}")

    wire = Wire.open(listening(talks_first), "token")

    assert [f"frame {number}".encode() for number in range(50)] == list(wire.texts())


def test_a_message_in_fragments_is_one_message(listening):
    wire = Wire.open(listening(lambda connection: connection.send(["one ", "two ", "three"])), "token")

    assert [b"one two three"] == list(wire.texts())


def test_the_token_goes_into_the_url(listening):
    wire = Wire.open(listening(lambda connection: connection.send(connection.request.path)), "a+b/c")

    assert [b"/?token=SuperDuperUser%20a%2Bb/c"] == list(wire.texts())


def test_how_the_other_side_ended_it_is_told(listening):
    wire = Wire.open(listening(lambda connection: connection.close(4401, "expired")), "token")

    assert [] == list(wire.texts())
    assert (4401, "expired") == wire.ended


def test_a_cut_is_no_goodbye(listening):
    seen = []

    def listen(connection):
        try:
            connection.recv(timeout=5)
        except ConnectionClosed as closed:
            seen.append(closed.rcvd)

    wire = Wire.open(listening(listen), "token")
    wire.cut()

    assert [] == list(wire.texts())
    assert CUT_SHORT == wire.ended[0]
    assert [None] * len(seen) == seen


def test_who_is_refused_is_told_why(listening):
    def refuse(connection, _):
        response = connection.respond(HTTPStatus.UNAUTHORIZED, "")
        response.headers["X-WebSocket-Reject-Reason"] = "the token has expired"
        return response

    with pytest.raises(Refused, match="UNAUTHENTICATED: the token has expired"):
        Wire.open(listening(echo, process_request=refuse), "token")


def test_nobody_there_is_an_os_error():
    with pytest.raises(OSError, match="refused"):
        Wire.open("http://127.0.0.1:1", "token")
