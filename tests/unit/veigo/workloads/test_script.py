"""A script is written before anybody speaks, and the same seed writes the same one."""

import random
import uuid
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veigo.workloads.phrases import CONTENT_CHARACTERS_MAX, PHRASES, longest
from veigo.workloads.script import Shape, UnplayableShapeError, attempts_s, cast, script


def playable(users: int, rooms: int) -> bool:
    return users - 1 >= 2 * rooms


SHAPES = (
    st.tuples(st.integers(3, 60), st.integers(1, 20))
    .filter(lambda shape: playable(*shape))
    .map(lambda shape: Shape(users=shape[0], rooms=shape[1], seconds=2, rate=20))
)


def fresh_id() -> str:
    return str(uuid.uuid4())


@given(SHAPES)
def test_everybody_has_a_room_but_the_outsider_is_never_in_the_first(shape):
    people = cast(shape)

    assert all(len(set(members)) == len(members) >= 2 for members in people.rooms)
    assert all(people.rooms_of(user) for user in range(shape.users - 1))
    assert people.outsider not in people.rooms[0]
    assert shape.rooms == 1 or people.rooms_of(people.outsider)


@given(SHAPES, st.integers())
def test_only_members_speak_at_increasing_times_within_the_conversation(shape, seed):
    people = cast(shape)

    lines = script(shape, people, random.Random(seed), fresh_id)

    assert len(lines) == shape.lines
    assert all(line.user in people.rooms[line.room] for line in lines)
    assert all(0 <= before.at_s <= after.at_s <= shape.seconds for before, after in pairwise(lines))
    assert len({line.message_id for line in lines}) == len(lines)


def test_the_same_seed_writes_the_same_lines_under_new_ids():
    shape = Shape()
    first, second = (
        [(line.at_s, line.user, line.room, line.content) for line in script(shape, cast(shape), rng, fresh_id)]
        for rng in (random.Random(42), random.Random(42))
    )

    assert first == second


def test_a_conversation_of_the_usual_length_has_every_kind_of_text():
    shape = Shape()
    said = {line.content for line in script(shape, cast(shape), random.Random(1), fresh_id)}

    assert all(said & set(phrases) for phrases in PHRASES.values() if phrases)
    assert any(len(content) == CONTENT_CHARACTERS_MAX for content in said)


def test_the_longest_text_is_exactly_as_long_as_allowed():
    assert {len(longest(random.Random(seed))) for seed in range(20)} == {CONTENT_CHARACTERS_MAX}


def test_no_phrase_is_one_the_contract_refuses():
    """Blank text and U+0000 are refused; a phrase that is must not be in here, or members would be turned away."""
    phrases = [phrase for kind in PHRASES.values() for phrase in kind]

    assert [phrase for phrase in phrases if not phrase.strip() or "\0" in phrase] == []


@pytest.mark.parametrize(
    ("numbers", "complaint"),
    [
        ({"users": 2, "rooms": 1}, "raise --users"),
        ({"rooms": 0}, "raise --rooms"),
        ({"users": 6, "rooms": 3}, "lower --rooms"),
        ({"seconds": 0}, "raise --seconds"),
        ({"rate": 1e9}, "lower --seconds or --rate"),
    ],
)
def test_numbers_that_make_no_conversation_are_refused_with_what_to_change(numbers, complaint):
    with pytest.raises(UnplayableShapeError, match=complaint):
        Shape(**numbers)


def test_the_outsider_tries_again_and_again_while_others_talk():
    assert attempts_s(Shape(seconds=20)) == [0, 5, 10, 15]
