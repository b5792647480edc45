"""Where frames end is found however the bytes come in: whole, in pieces, or many at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.frames import HEAD_BYTES_MAX, Boundary, close_frame

HEAD = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n"


def frame(payload, masked=False):
    """Return a frame with the shortest header its payload allows, as RFC 6455 (5.2) wants it."""
    mask = 0x80 if masked else 0
    if len(payload) < 126:
        header = bytes([0x82, mask | len(payload)])
    elif len(payload) < 65_536:
        header = bytes([0x82, mask | 126]) + len(payload).to_bytes(2, "big")
    else:
        header = bytes([0x82, mask | 127]) + len(payload).to_bytes(8, "big")
    return header + (b"\0\0\0\0" if masked else b"") + payload


def test_nothing_fits_in_before_the_handshake_is_answered():
    boundary = Boundary()

    assert boundary.feed(HEAD[:-1]) == 0
    assert not boundary.between_frames


def test_the_end_of_the_answer_is_the_first_boundary():
    boundary = Boundary()

    assert boundary.feed(HEAD) == len(HEAD)
    assert boundary.between_frames


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
@pytest.mark.parametrize("masked", [False, True])
def test_a_frame_ends_where_its_length_says(size, masked):
    """The length has three notations, and a mask lengthens the header."""
    boundary = Boundary()
    boundary.feed(HEAD)
    whole = frame(b"x" * size, masked)

    assert boundary.feed(whole[:-1]) == 0
    assert not boundary.between_frames
    assert boundary.feed(whole[-1:]) == 1
    assert boundary.between_frames


@pytest.mark.parametrize("size", [0, 1, 2, 125, 126, 65_535, 65_536])
@pytest.mark.parametrize("masked", [False, True])
def test_a_frame_that_comes_whole_ends_where_its_piece_does(size, masked):
    boundary = Boundary()
    boundary.feed(HEAD)
    whole = frame(b"x" * size, masked)

    assert boundary.feed(whole) == len(whole)
    assert boundary.between_frames
    assert boundary.feed(whole[:-1]) == 0
    assert not boundary.between_frames


def test_in_a_piece_with_several_frames_the_last_complete_one_counts():
    boundary = Boundary()
    boundary.feed(HEAD)

    assert boundary.feed(frame(b"one") + frame(b"two") + frame(b"three")[:4]) == len(frame(b"one") + frame(b"two"))
    assert not boundary.between_frames


@given(
    payloads=st.lists(st.binary(max_size=300), max_size=8),
    cuts=st.lists(st.integers(min_value=1, max_value=50), min_size=1, max_size=30),
)
def test_boundaries_do_not_depend_on_how_the_bytes_are_cut(payloads, cuts):
    """Every boundary that is reported is one, and when all frames have passed, it is between frames."""
    stream, ends = HEAD, {0, len(HEAD)}
    for payload in payloads:
        stream += frame(payload)
        ends.add(len(stream))
    boundary, position, turn = Boundary(), 0, 0
    while position < len(stream):
        piece = stream[position : position + cuts[turn % len(cuts)]]
        reported = boundary.feed(piece)

        assert reported == 0 or position + reported in ends
        assert boundary.between_frames == (position + len(piece) in ends)
        position += len(piece)
        turn += 1


def test_what_is_no_websocket_has_no_boundary():
    boundary = Boundary()
    boundary.feed(b"HTTP/1.1 401 Unauthorized\r\n\r\n")

    assert boundary.feed(frame(b"")) == 0
    assert not boundary.between_frames


def test_an_answer_that_never_ends_is_not_kept():
    boundary = Boundary()
    for _ in range(3):
        boundary.feed(b"x" * HEAD_BYTES_MAX)

    assert len(boundary._begun) == 0


def test_a_close_frame_says_code_and_reason():
    assert close_frame(1012, "bye") == b"\x88\x05\x03\xf4bye"


def test_a_reason_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="125"):
        close_frame(1012, "x" * 124)
