"""A room has one order, and everybody sees that one."""

from veigo.checkers.in_room_order import InRoomOrder
from veigo.verdict import Verdict

check = InRoomOrder().check


def test_an_honest_run_is_acquitted(honest):
    assert check(honest.witnessed("m1", 1).witnessed("m2", 2).ledger()).verdict == Verdict.HOLDS


def test_nothing_received_is_inconclusive(story):
    assert check(story.room("hall", "ann").ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_saboteur_who_swaps_two_messages_is_convicted(story):
    story.room("hall", "ann", "bob").sends("ann", "hall", "m1", 1).sends("ann", "hall", "m2", 2)
    story.receives("m1", "ann").receives("m2", "ann", "bob").receives("m1", "bob")

    finding = check(story.ledger())

    assert finding.verdict == Verdict.VIOLATED
    assert finding.evidence == ("sequence 1 after 2 on bob's socket in room hall",)


def test_a_saboteur_who_numbers_the_room_for_each_member_is_convicted(story):
    story.room("hall", "ann", "bob").sends("ann", "hall", "m1", 1).sends("bob", "hall", "m2", 2)
    story.receives("m1", "ann").receives("m2", "ann")
    story.receives("m2", "bob", sequence=1).receives("m1", "bob", sequence=2)

    assert check(story.ledger()).verdict == Verdict.VIOLATED


def test_a_saboteur_whose_log_says_something_else_than_the_acknowledgement_is_convicted(honest):
    finding = check(honest.witnessed("m2", 7).ledger())

    assert finding.evidence == ("message m2 is at 2 by bob's socket but 7 by Kafka",)


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


def test_each_room_has_an_order_of_its_own(honest):
    honest.room("yard", "ann").sends("ann", "yard", "y1", 1).receives("y1", "ann")

    assert check(honest.ledger()).verdict == Verdict.HOLDS


def test_a_frame_without_a_sequence_is_convicted(honest):
    honest.sends("ann", "hall", "m3", 3).receives("m3", "bob", sequence=None)

    assert check(honest.ledger()).verdict == Verdict.VIOLATED
