"""Seams between sockets, hand-written: the honest ones, and each way of botching one."""

import pytest

from veigo.checkers.ledger import Ledger
from veigo.checkers.resumed_without_gap import ResumedWithoutGap
from veigo.history import Frame, SocketEvent
from veigo.verdict import Verdict


def joined(socket, sequence, user="ann"):
    return Frame("JOINED", user, socket, 0, 0, room="r", sequence=sequence)


def message(socket, sequence, kind="MESSAGE", user="ann"):
    return Frame(kind, user, socket, 0, 0, room="r", sequence=sequence, message_id=f"m{sequence}")


def closed(socket, user="ann"):
    return SocketEvent("closed", user, socket, 0, 0, code=1012)


def judged(*records):
    return ResumedWithoutGap().check(Ledger.of(records)).verdict


FIRST = (joined(1, 5), message(1, 6), message(1, 7, "MESSAGE_EDITED"), message(1, 8), closed(1))


def test_going_on_where_it_stopped_holds():
    """Every event of the log counts, whatever its type."""
    assert Verdict.HOLDS == judged(*FIRST, joined(2, 8), message(2, 9))


def test_nobody_resumed_proves_nothing():
    assert Verdict.INCONCLUSIVE == judged(*FIRST)


@pytest.mark.parametrize(
    "botched",
    [
        (joined(2, 9), message(2, 10)),
        (joined(2, 7), message(2, 8)),
        (joined(2, 8), message(2, 10)),
        (joined(2, 8), message(2, 9), message(2, 9)),
        (Frame("RESET", "ann", 2, 0, 0, room="r", sequence=8), joined(2, 8)),
    ],
    ids=["one missed", "one again", "a hole after it", "one twice", "a reset"],
)
def test_a_botched_seam_is_convicted(botched):
    assert Verdict.VIOLATED == judged(*FIRST, *botched)


def test_a_second_answer_to_a_join_begins_nothing():
    """It repeats where the first one began, wherever the socket has come meanwhile."""
    assert Verdict.HOLDS == judged(*FIRST, joined(2, 8), message(2, 9), joined(2, 8), message(2, 10))


def test_whoever_left_and_came_back_did_not_resume():
    left = Frame("LEFT", "ann", 1, 0, 0, room="r")

    assert Verdict.INCONCLUSIVE == judged(*FIRST[:-1], left, joined(1, 20), message(1, 21))


def test_whoever_was_removed_and_came_back_did_not_resume():
    removed = Frame("MEMBER_REMOVED", "ann", 1, 0, 0, room="r", sequence=9, member="ann")
    left = Frame("LEFT", "ann", 1, 0, 0, room="r", sequence=9, reason="you are no longer a member")

    assert Verdict.INCONCLUSIVE == judged(*FIRST[:-1], removed, left, joined(1, 20), message(1, 21))


def test_a_reset_may_be_allowed():
    reset = (*FIRST, Frame("RESET", "ann", 2, 0, 0, room="r", sequence=20), joined(2, 20))

    assert Verdict.HOLDS == ResumedWithoutGap(resets_allowed=True).check(Ledger.of(reset)).verdict


def test_other_peoples_sockets_are_no_seam():
    assert Verdict.INCONCLUSIVE == judged(*FIRST, joined(2, 3, user="bob"))
