"""Frames as a client needs them, held against those of a library."""

import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import SERVER, Protocol

from veigo.crowd.frames import CLOSE, PING, TEXT, client_frame, close_code, cut

LENGTHS = (0, 1, 125, 126, 65_535, 65_536)


@pytest.mark.parametrize("length", LENGTHS)
def test_what_a_client_sends_is_understood_by_a_server(length):
    """Masked, as a client's frames must be, at every form of length there is."""
    server = Protocol(SERVER, max_size=None)

    server.receive_data(client_frame(TEXT, b"x" * length))

    assert [b"x" * length] == [bytes(frame.data) for frame in server.events_received()]


@pytest.mark.parametrize("length", LENGTHS)
def test_what_a_server_sends_is_cut_into_its_frames(length):
    sent = Frame(Opcode.TEXT, b"y" * length).serialize(mask=False) + Frame(Opcode.PING, b"p").serialize(mask=False)

    assert ([(TEXT, b"y" * length), (PING, b"p")], b"") == cut(sent)


@pytest.mark.parametrize("length", [0, 125, 126, 65_536])
def test_a_frame_that_has_not_come_whole_is_left(length):
    """Wherever the cut is, in the head too."""
    whole = Frame(Opcode.TEXT, b"z" * length).serialize(mask=False)
    for cut_at in {1, 2, 3, 9, len(whole) - 1} & set(range(len(whole))):
        assert ([], whole[:cut_at]) == cut(whole[:cut_at])


def test_a_close_says_its_code():
    [(opcode, payload)], _ = cut(Frame(Opcode.CLOSE, b"\x03\xf4bye").serialize(mask=False))

    assert (CLOSE, 1012, 1005) == (opcode, close_code(payload), close_code(b""))
