"""A history put in order."""

import pytest

from veigo.checkers.ledger import Ledger
from veigo.history import Operation
from veigo.outcome import Outcome

OK, FAILED, UNKNOWN = Outcome.OK, Outcome.FAILED, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("first", "second", "surest"), [(FAILED, UNKNOWN, UNKNOWN), (UNKNOWN, OK, OK), (OK, UNKNOWN, OK), (OK, FAILED, OK)]
)
def test_a_message_sent_twice_is_as_sure_as_its_surest_send(story, first, second, surest):
    story.sends("ann", "hall", "m1", 1, outcome=first).sends("ann", "hall", "m1", 1, outcome=second)

    assert surest == story.ledger().sends["m1"].outcome
    assert 2 == len(story.ledger().operations)


def under_way(number, **ended):
    return Operation("send", "ann", room="hall", message_id=f"m{number}", started_ns=1, number=number, **ended)


def test_an_operation_that_ended_takes_the_place_of_itself_under_way():
    ledger = Ledger.of([under_way(1), under_way(2), under_way(1, ended_ns=5, outcome=OK)])

    assert {"m1": OK, "m2": UNKNOWN} == {message: send.outcome for message, send in ledger.sends.items()}
    assert 2 == len(ledger.operations)


@pytest.mark.parametrize(
    ("reason", "left"), [(None, True), ("events of the room could not be read; join it again", False)]
)
def test_whoever_asked_to_leave_is_not_to_be_resumed(story, reason, left):
    story.room("hall", "ann").event("LEFT", "ann", "hall", None, reason=reason)

    assert left == story.ledger().subscriptions[0].left


def test_a_socket_has_a_beginning_and_an_end(story):
    life = story.opens_socket("ann").loses_socket("ann").ledger().sockets[1]

    assert ("opened", "closed") == (life.opened.event, life.closed.event)


def test_every_witness_of_a_removal_counts(story):
    story.room("hall", "ann", "bob").witnessed(None, 3, type="member.removed", member="bob")
    story.event("MEMBER_REMOVED", "ann", "hall", 5, member="ann")
    ledger = story.ledger()

    assert [3] == ledger.memberships.removals("hall", "bob")
    assert [5] == ledger.memberships.removals("hall", "ann")
