"""On every socket sequences only rise."""

from veigo.checkers.order_on_every_socket import OrderOnEverySocket
from veigo.verdict import Verdict

check = OrderOnEverySocket().check


def test_an_honest_run_is_acquitted(honest):
    assert check(honest.ledger()).verdict == Verdict.HOLDS


def test_nothing_received_is_inconclusive(story):
    assert check(story.room("hall", "ann").ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_saboteur_who_swaps_two_messages_is_convicted(story):
    story.room("hall", "ann", "bob").sends("ann", "hall", "m1", 1).sends("ann", "hall", "m2", 2)
    story.receives("m1", "ann").receives("m2", "ann", "bob").receives("m1", "bob")

    finding = check(story.ledger())

    assert finding.verdict == Verdict.VIOLATED
    assert finding.evidence == ("sequence 1 after 2 on bob's socket in room hall",)


def test_each_room_has_an_order_of_its_own(honest):
    honest.room("yard", "ann").sends("ann", "yard", "y1", 1).receives("y1", "ann")

    assert check(honest.ledger()).verdict == Verdict.HOLDS


def test_a_frame_without_a_sequence_is_convicted(honest):
    honest.sends("ann", "hall", "m3", 3).receives("m3", "bob", sequence=None)

    assert check(honest.ledger()).verdict == Verdict.VIOLATED


def test_an_edit_out_of_turn_is_convicted_too(honest):
    assert check(honest.event("MESSAGE_EDITED", "bob", "hall", 1).ledger()).verdict == Verdict.VIOLATED


def test_a_message_that_comes_again_is_somebody_elses_business(honest):
    assert check(honest.receives("m2", "bob").ledger()).verdict == Verdict.HOLDS
