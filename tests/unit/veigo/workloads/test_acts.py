"""Acts are written from a seed, without end, in the order of their times, and nobody speaks where they are not."""

import random
from collections import Counter
from itertools import count, islice, pairwise

from veigo.workloads.acts import IMPATIENT_OF_100, Doing, acts
from veigo.workloads.send_and_read import SendAndRead

PEOPLE = SendAndRead(rooms=3, senders=7, sends_per_s=50, listeners=5)


def written(seed=1, number=5_000):
    ids = count()
    return list(islice(acts(PEOPLE.speakers(), 50, random.Random(seed), lambda: str(next(ids))), number))


def test_the_same_seed_writes_the_same_acts():
    assert written(7) == written(7)
    assert written(7) != written(8)


def test_times_rise_and_come_as_often_as_asked():
    script = written()
    sends = [act for act in script if act.doing is Doing.SEND]

    assert all(before.at_s <= after.at_s for before, after in pairwise(script))
    assert 45 < len(sends) / script[-1].at_s < 55


def test_people_act_in_their_own_room_under_ids_of_their_own():
    script = written()
    speakers = PEOPLE.speakers()
    ids = [act.message_id for act in script if act.doing is Doing.SEND]

    assert all(act.user in speakers[act.room] for act in script)
    assert len(set(ids)) == len(ids)


def test_everything_that_can_be_done_is_done_a_little():
    doings = Counter(act.doing for act in written())

    assert set(Doing) == set(doings)
    assert doings[Doing.SEND] > 5 * (doings.total() - doings[Doing.SEND])


def test_some_people_never_learn_what_became_of_their_message():
    sends = [act for act in written() if act.doing is Doing.SEND]
    impatient = sum(not act.patient for act in sends)

    assert abs(100 * impatient / len(sends) - IMPATIENT_OF_100) < 5


def test_everybody_has_a_place():
    """Who talks has one room, who listens has one, and numbers do not meet."""
    members = PEOPLE.members()
    always = [user for room in members for user in room]
    visitors = [PEOPLE.visitor(room) for room in range(PEOPLE.rooms)]

    assert sorted(always) == list(range(12))
    assert visitors == [12, 13, 14]
    assert PEOPLE.people == 12 + 3 + 1
    assert all(set(speak) <= set(all_of_them) for speak, all_of_them in zip(PEOPLE.speakers(), members, strict=True))
