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


def test_other_peoples_sockets_are_no_seam():
    assert Verdict.INCONCLUSIVE == judged(*FIRST, joined(2, 3, user="bob"))
