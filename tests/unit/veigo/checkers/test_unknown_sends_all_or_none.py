"""What nobody answered happened, or it did not."""

import pytest

from veigo.checkers.unknown_sends_all_or_none import UnknownSendsAllOrNone
from veigo.outcome import Outcome
from veigo.verdict import Verdict

check = UnknownSendsAllOrNone().check


@pytest.fixture
def unsure(honest):
    """One send nobody answered."""
    return honest.sends("ann", "hall", "m3", outcome=Outcome.UNKNOWN)


@pytest.mark.parametrize("seen_by", [(), ("ann", "bob")])
def test_nobody_and_everybody_are_both_fine(unsure, seen_by):
    assert check(unsure.receives("m3", *seen_by, sequence=3).ledger()).verdict == Verdict.HOLDS


def test_no_unknown_send_is_inconclusive_unless_none_is_needed(honest):
    assert check(honest.ledger()).verdict == Verdict.INCONCLUSIVE
    assert UnknownSendsAllOrNone(unknown_min=0).check(honest.ledger()).verdict == Verdict.HOLDS


def test_no_send_at_all_is_always_inconclusive(story):
    assert UnknownSendsAllOrNone(unknown_min=0).check(story.ledger()).verdict == Verdict.INCONCLUSIVE


def test_one_that_only_one_member_saw_is_convicted(unsure):
    finding = check(unsure.receives("m3", "ann", sequence=3).ledger())

    assert finding.evidence == (
        "message m3 (sequence 3) for bob: not on bob's socket 2 in room hall; Kafka was not read",
    )


def test_one_that_is_stored_and_nobody_saw_is_convicted(unsure):
    assert check(unsure.stored("hall", "m1", "m2", "m3").ledger()).evidence_total == 2


def test_one_that_is_in_kafka_and_nobody_saw_is_convicted(unsure):
    assert check(unsure.witnessed("m3", 3).ledger()).evidence_total == 2


def test_one_that_everybody_saw_and_is_not_stored_is_convicted(unsure):
    """Rolled back, and told all the same."""
    finding = check(unsure.receives("m3", "ann", "bob", sequence=3).stored("hall", "m1", "m2").ledger())

    assert finding.evidence == ("message m3: not stored, and yet it appeared",)


def test_what_a_broken_socket_might_have_missed_leaves_a_doubt(story):
    story.room("hall", "ann", "bob").loses_socket("bob").sends("ann", "hall", "m1", outcome=Outcome.UNKNOWN)
    story.receives("m1", "ann", sequence=1).drained()

    assert check(story.ledger()).verdict == Verdict.INCONCLUSIVE


def test_it_concerns_runs_in_which_a_send_ended_so(honest, unsure):
    assert UnknownSendsAllOrNone().concerns(unsure.ledger())
