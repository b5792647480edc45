"""What a frame means to somebody who has come so far: told once, in order, and never past a gap."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veigo.client.places import Asked, Event, GapError, Kind, Places


def frame(kind, **payload):
    return json.dumps({"type": kind, "payload": [payload]}).encode()


def message(sequence, room="r"):
    return frame("MESSAGE", roomId=room, sequence=sequence)


def at(last, room="r"):
    """Places of somebody who has seen so much of a room."""
    places = Places()
    places.want(room, last)
    places.take(frame("JOINED", roomId=room, sequence=last))
    return places


def wish(places):
    return [json.loads(join)["payload"][0] for join in places.joins()]


def test_a_first_join_asks_for_what_comes_and_a_later_one_for_what_was_missed():
    places = Places()
    places.want("r")
    first = wish(places)
    places.take(frame("JOINED", roomId="r", sequence=5))
    places.take(message(6))
    places.disconnected()

    assert [{"name": "r"}] == first
    assert [{"name": "r", "after": 6}] == wish(places)
    assert not places.is_joined("r")


def test_an_event_is_told_once():
    places = at(5)
    told = places.take(message(6))
    again = places.take(message(6))

    assert (Kind.EVENT, "r", 6, "MESSAGE") == (told.kind, told.room, told.sequence, told.type)
    assert (None, 1) == (again, places.repeated)


@pytest.mark.parametrize("skipping", [message(8), frame("JOINED", roomId="r", sequence=7)])
def test_what_is_missing_is_never_passed_over(skipping):
    with pytest.raises(GapError):
        at(6).take(skipping)


def test_a_reset_is_told_and_it_goes_on_after_it():
    places = at(5)
    reset = places.take(frame("RESET", roomId="r", sequence=90, horizon=80, reason="gone"))
    places.take(frame("JOINED", roomId="r", sequence=90))
    told = places.take(message(91))

    assert (Kind.RESET, 90, "gone") == (reset.kind, reset.sequence, reset.reason)
    assert 91 == told.sequence


def test_whoever_is_let_go_asks_once_more():
    """It may have been a hole that could not be filled; if it was a removal, the answer says so."""
    places = at(5)

    assert Asked("r", soon=True) == places.take(frame("LEFT", roomId="r", sequence=5, reason="no longer a member"))


@pytest.mark.parametrize("code", ["FORBIDDEN", "NOT_FOUND", "INVALID_ARGUMENT"])
def test_a_refusal_that_stays_one_ends_it(code):
    places = at(5)
    told = places.take(frame("ERROR", roomId="r", code=code, reason="no"))

    assert Event(Kind.ENDED, "r", 5, "ERROR", told.payload, "no") == told
    assert [] == wish(places)


def test_a_refusal_of_the_moment_is_asked_again_after_a_while():
    assert Asked("r", soon=False) == at(5).take(frame("ERROR", roomId="r", code="UNAVAILABLE", reason="later"))


@pytest.mark.parametrize("strange", [frame("CONFETTI"), frame("MESSAGE", roomId="other", sequence=1), frame("X", a=1)])
def test_what_is_not_ours_is_nothing(strange):
    """Types and fields of later versions, and rooms that were left meanwhile."""
    assert at(5).take(strange) is None


@given(st.lists(st.integers(0, 8), max_size=12))
def test_whatever_the_connections_bring_the_application_gets_each_once_and_in_order(cuts):
    """Connections that end anywhere and begin anywhere before that."""
    places, told = at(0), []
    log = list(range(1, 30))
    for cut in cuts:
        after = wish(places)[0]["after"]
        start = max(0, after - cut)  # a server that repeats more than it was asked for
        for sequence in log[start : after + cut]:
            event = places.take(message(sequence))
            told += [event.sequence] if event else []
        places.disconnected()

    assert told == list(range(1, len(told) + 1))
