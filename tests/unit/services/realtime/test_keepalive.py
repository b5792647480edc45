"""The wheel asks everybody once a turn, evenly spread."""

from services.realtime.keepalive import Wheel


def test_everybody_is_asked_once_a_turn():
    """Whatever second they came in."""
    wheel = Wheel(4)
    for socket in range(10):
        wheel.add(socket)
    turn = [wheel.move() for _ in range(4)]

    assert [3, 3, 2, 2] == [len(slot) for slot in turn]
    assert set(range(10)) == {socket for slot in turn for socket in slot}


def test_who_left_is_not_asked():
    """And leaving twice is no error."""
    wheel = Wheel(1)
    wheel.add("ann")
    wheel.discard("ann")
    wheel.discard("ann")

    assert [] == wheel.move()
