"""What the listener's notes are read as, and when they make a block void."""

import pytest

from bench.measure import Void
from bench.peers.listener import NOTE, Door, Heard, heard, require_all, text
from bench.peers.said import Said, numbers


def notes(*of):
    return b"".join(NOTE.pack(*one) for one in of)


def test_notes_are_read_by_message():
    """Each note is a socket, a number and a time."""
    told = heard(3, 300, 0, notes((0, 7, 1_000), (1, 7, 3_000), (0, 8, 5_000)))

    assert {7: [1_000, 3_000], 8: [5_000]} == told.arrivals
    assert 3 == told.deliveries


def test_a_message_that_reached_a_socket_twice_makes_it_void():
    """At least once is not what is compared."""
    with pytest.raises(Void, match="message 7 reached a socket twice"):
        heard(2, 200, 0, notes((0, 7, 1_000), (0, 7, 2_000)))


def test_more_than_could_be_noted_makes_it_void():
    """Percentiles of a part would be percentiles of something else."""
    with pytest.raises(Void, match="12 deliveries were too many"):
        heard(1, 100, 12, b"")


@pytest.mark.parametrize(
    ("arrivals", "why"),
    [
        ({1: [5, 5], 2: [5]}, "1 of 4 deliveries are missing"),
        ({1: [5, 5]}, "2 of 4 deliveries are missing"),
        ({1: [5, 5], 2: [5, 5], 3: [5]}, "1 messages came that this block did not send"),
    ],
)
def test_every_message_must_reach_every_socket(arrivals, why):
    """A fast server that loses is not fast."""
    with pytest.raises(Void, match=why):
        require_all(Heard(0, 0, arrivals), [1, 2], sockets=2)


def test_a_whole_block_is_let_pass():
    """Nothing is missing and nothing too much."""
    require_all(Heard(4, 400, {1: [5, 6], 2: [7, 8]}), [1, 2], sockets=2)


def test_times_count_from_when_a_message_was_meant_to_be_sent():
    """To every socket, and to the last."""
    told = Said({1: 1_000_000, 2: 2_000_000}, Heard(4, 0, {1: [2_000_000, 4_000_000], 2: [3_000_000, 3_500_000]}))

    assert [1.0, 3.0, 1.0, 1.5] == told.delivered_ms
    assert [3.0, 1.5] == told.last_ms(told.intended_ns)
    assert {"p50_ms", "p99_ms", "samples", "last_p50_ms", "last_p99_ms", "last_samples"} == set(told.figures)


def test_a_text_has_its_number_and_its_size():
    """By which the listener knows it, and frames come to one size."""
    assert "bench:00000012 xxxxx" == text(12, 20)


def test_no_two_messages_have_one_number():
    """Whatever block they are in."""
    first, second = numbers(3), numbers(2)

    assert 5 == len({*first, *second})
    assert first == list(range(first[0], first[0] + 3))


def test_a_request_is_one_upgrade():
    """Word for word, with the path it asks for."""
    lines = Door(4300, path="/?token=abc").request.decode().split("\r\n")

    assert "GET /?token=abc HTTP/1.1" == lines[0]
    assert {"Upgrade: websocket", "Sec-WebSocket-Version: 13"} <= set(lines)
    assert ["", ""] == lines[-2:]
