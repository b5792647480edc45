"""The order of a room is the one in which things happened."""

from veigo.checkers.real_time_order import RealTimeOrder
from veigo.outcome import Outcome
from veigo.verdict import Verdict

check = RealTimeOrder().check


def test_an_honest_run_is_acquitted(honest):
    assert check(honest.ledger()).verdict == Verdict.HOLDS


def test_one_message_a_room_is_inconclusive(story):
    story.room("hall", "ann").sends("ann", "hall", "m1", 1).sends("ann", "yard", "y1", 1)

    assert check(story.ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_saboteur_who_places_a_message_before_one_acknowledged_earlier_is_convicted(story):
    """The sockets see a rising order, but not the one in which things happened."""
    story.room("hall", "ann").sends("ann", "hall", "m1", 2).sends("ann", "hall", "m2", 1)
    story.receives("m2", "ann").receives("m1", "ann")

    finding = check(story.ledger())

    assert finding.verdict == Verdict.VIOLATED
    assert "though 2 had been acknowledged before it was sent" in finding.evidence[0]


def test_two_sends_under_way_at_once_may_end_in_either_order(story):
    story.room("hall", "ann").sends("ann", "hall", "m1", 2, started_ns=10, ended_ns=30)
    story.sends("ann", "hall", "m2", 1, started_ns=20, ended_ns=40).receives("m2", "ann").receives("m1", "ann")

    assert check(story.ledger()).verdict == Verdict.HOLDS


def test_a_send_that_began_in_the_moment_of_an_answer_may_stand_before_it(story):
    story.sends("ann", "hall", "m1", 2, started_ns=10, ended_ns=30)
    story.sends("ann", "hall", "m2", 1, started_ns=30, ended_ns=40)

    assert check(story.ledger()).verdict == Verdict.HOLDS


def test_a_send_nobody_answered_bounds_nothing(story):
    story.sends("ann", "hall", "m1", 3, outcome=Outcome.UNKNOWN)
    story.sends("ann", "hall", "m2", 1).sends("ann", "hall", "m3", 2)

    assert check(story.ledger()).verdict == Verdict.HOLDS
