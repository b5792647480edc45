"""A scene is scaled to a machine, and says so; its people are in rooms, and there at their times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veigo.load.casting import cast, rooms_of_each
from veigo.load.curve import AT_ONCE, COME_AND_GO, Curve
from veigo.load.rhythm import Rhythm
from veigo.load.scene import Scene
from veigo.stack.problem import StackError

WHOLE = Scene(people=10_000, minutes=5, rhythm=Rhythm(every_s=60), room_size=10_000)


def test_a_smaller_version_says_in_how_far():
    small = WHOLE.scaled(500, 60)

    assert "500 of 10,000 people and 1 of 5 minutes" == small.smaller_than(WHOLE)
    assert "" == WHOLE.scaled(None, None).smaller_than(WHOLE)


def test_one_room_for_all_stays_one_room():
    assert 1 == len(cast(500, WHOLE.scaled(500, None).room_size))


@pytest.mark.parametrize(("people", "seconds"), [(1, None), (0, None), (None, 1)])
def test_too_little_is_refused_in_a_sentence(people, seconds):
    with pytest.raises(StackError):
        WHOLE.scaled(people, seconds)


def test_a_rising_load_goes_from_step_to_step():
    scene = Scene(people=2, minutes=1, rhythm=Rhythm(every_s=1), steps=(1, 2, 4))

    assert [1, 1, 2, 4, 4] == [scene.pace(share) for share in (-0.1, 0.3, 0.34, 0.99, 1.5)]


def test_a_short_run_of_a_rising_load_has_fewer_steps_and_none_that_says_nothing():
    scene = Scene(people=2, minutes=4, rhythm=Rhythm(every_s=1), steps=tuple(range(1, 17)))

    assert (1, 2, 3, 4) == scene.scaled(None, 20).steps
    assert (1, 2) == scene.scaled(None, 6).steps
    assert scene.steps == scene.scaled(None, 240).steps
    assert "0.333 of 4 minutes and 4 of 16 steps" == scene.scaled(None, 20).smaller_than(scene)


@given(st.integers(2, 300), st.integers(2, 50), st.integers(0, 5))
def test_everybody_is_in_a_room_and_none_is_empty(people, room_size, second_room_every):
    rooms = cast(people, room_size, second_room_every)

    assert set(range(people)) == {member for room in rooms for member in room}
    assert all(len(room) == len(set(room)) >= 2 for room in rooms)
    assert sum(map(len, rooms)) == sum(map(len, rooms_of_each(rooms, people)))


def test_nobody_talks_alone():
    with pytest.raises(ValueError, match="two people"):
        cast(1, 10)


@given(st.floats(0, 1), st.integers(2, 1000))
def test_there_are_never_more_than_all(share, people):
    assert 0 <= COME_AND_GO.people(share * 60, 60, people) <= people


def test_a_curve_goes_through_its_points():
    curve = Curve([(0, 0), (0.5, 1), (1, 0.2)])

    assert [0, 50, 100, 60, 20, 20] == [curve.people(at_s, 100, 100) for at_s in (0, 25, 50, 75, 100, 130)]
    assert 7 == AT_ONCE.people(0, 60, 7)


@pytest.mark.parametrize("points", [[(0, 1)], [(0, 1), (0.5, 1)], [(0, 0), (1, 0.5)], [(0, 1), (1, -1)]])
def test_what_is_no_curve_is_refused(points):
    with pytest.raises(ValueError, match="curve"):
        Curve(points)
