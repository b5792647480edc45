"""Nobody hears a room they are not in."""

from veigo.checkers.nothing_leaked import NothingLeaked
from veigo.verdict import Verdict

check = NothingLeaked().check


def test_an_honest_run_is_acquitted(honest):
    assert check(honest.ledger()).verdict == Verdict.HOLDS


def test_nothing_received_is_inconclusive(story):
    assert check(story.room("hall", "ann").ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_saboteur_who_delivers_to_a_stranger_is_convicted(honest):
    finding = check(honest.receives("m1", "eve").ledger())

    assert finding.verdict == Verdict.VIOLATED
    assert finding.evidence[0] == "eve, no member of room hall, received MESSAGE m1"


def test_a_saboteur_who_lets_a_stranger_join_is_convicted_before_a_word_is_said(honest):
    assert check(honest.joined("eve", "hall").ledger()).verdict == Verdict.VIOLATED


def test_a_saboteur_who_delivers_to_a_member_that_did_not_join_is_convicted(honest):
    finding = check(honest.receives("m1", "bob", socket=77).ledger())

    assert finding.evidence == ("bob's socket 77 received room hall without having joined it",)
