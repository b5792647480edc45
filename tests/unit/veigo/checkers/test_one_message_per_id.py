"""A message sent again is still one message."""

from veigo.checkers.one_message_per_id import OneMessagePerId
from veigo.outcome import Outcome
from veigo.verdict import Verdict

check = OneMessagePerId().check


def test_an_honest_run_is_acquitted(honest):
    """Also where a message was sent twice and answered twice."""
    honest.sends("ann", "hall", "m1", 1).witnessed("m1", 1).stored("hall", "m1", "m2")

    assert check(honest.ledger()).verdict == Verdict.HOLDS


def test_nothing_acknowledged_is_inconclusive(story):
    assert check(story.sends("ann", "hall", "m1", outcome=Outcome.UNKNOWN).ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_saboteur_who_stores_a_repetition_anew_is_convicted(honest):
    finding = check(honest.sends("ann", "hall", "m1", 3).ledger())

    assert finding.evidence == ("message m1 has 2 places: 1 of room hall, 3 of room hall",)


def test_one_that_is_twice_in_the_log_is_convicted_though_one_answer_came(honest):
    assert check(honest.witnessed("m1", 1).witnessed("m1", 9).ledger()).verdict == Verdict.VIOLATED


def test_an_edit_has_a_place_of_its_own(honest):
    assert check(honest.witnessed("m1", 3, type="message.edited").ledger()).verdict == Verdict.HOLDS
