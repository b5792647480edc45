"""People act at times that nobody's answer moves, and as often as their rhythm says."""

import random
from itertools import islice, pairwise, takewhile

import pytest

from veigo.load.rhythm import TYPED_S_MAX, Doing, Rhythm, acts


def drawn(rhythm, seconds, seed=1, **more):
    return list(takewhile(lambda act: act.at_s < seconds, acts(rhythm, random.Random(seed), **more)))


def test_messages_come_as_often_as_the_rhythm_says():
    sent = [act for seed in range(50) for act in drawn(Rhythm(every_s=5), 400, seed) if act.doing is Doing.SEND]

    assert len(sent) == pytest.approx(50 * 400 / 5, rel=0.05)


def test_a_faster_pace_is_that_much_more_load():
    def sends(**more):
        found = [act for seed in range(40) for act in drawn(Rhythm(every_s=10), 200, seed, **more)]
        return sum(act.doing is Doing.SEND for act in found)

    assert sends(pace=lambda _: 4.0) == pytest.approx(4 * sends(), rel=0.1)


def test_acts_come_in_the_order_of_their_times_and_never_before_the_arrival():
    found = drawn(Rhythm(every_s=1, edits=30, reads=30, cuts=10), 300)

    assert all(0 <= before.at_s <= after.at_s for before, after in pairwise(found))
    assert set(Doing) == {act.doing for act in found}


def test_not_everybody_begins_at_once():
    first = [next(acts(Rhythm(every_s=60), random.Random(seed))).at_s for seed in range(400)]

    assert 10 < sorted(first)[200] < 60
    assert sum(at_s < 5 for at_s in first) > 10


def test_a_long_message_takes_long_to_type():
    rhythm = Rhythm(every_s=60, characters_per_s=10, long_messages=1.0)
    sends = [act for act in islice(acts(rhythm, random.Random(3)), 200) if act.doing is Doing.SEND]

    assert all(after.at_s - before.at_s >= TYPED_S_MAX for before, after in pairwise(sends))


def test_the_same_seed_draws_the_same_acts():
    assert drawn(Rhythm(every_s=2), 100, seed=5) == drawn(Rhythm(every_s=2), 100, seed=5)
    assert drawn(Rhythm(every_s=2), 100, seed=5) != drawn(Rhythm(every_s=2), 100, seed=6)


def test_no_rhythm_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        Rhythm(every_s=0)
