"""What was acknowledged is owed to every member who listens."""

import pytest

from veigo.checkers.no_acknowledged_message_lost import NoAcknowledgedMessageLost
from veigo.outcome import Outcome
from veigo.verdict import Verdict

check = NoAcknowledgedMessageLost().check


def test_an_honest_run_is_acquitted(honest):
    finding = check(honest.ledger())

    assert finding.verdict == Verdict.HOLDS
    assert finding.summary == "2 acknowledged messages made 4 deliveries"


def test_nothing_happened_is_inconclusive(story):
    assert check(story.ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_saboteur_who_drops_one_delivery_is_convicted(story):
    story.room("hall", "ann", "bob").sends("ann", "hall", "m1", 1).receives("m1", "ann").drained()

    finding = check(story.ledger())

    assert finding.verdict == Verdict.VIOLATED
    assert finding.evidence == (
        "message m1 (sequence 1) for bob: not on bob's socket 2 in room hall; Kafka was not read",
    )


@pytest.mark.parametrize(
    ("position", "trace"), [(1, "in Kafka at partition 0 offset 1"), (None, "not in Kafka either")]
)
def test_the_evidence_says_where_the_message_was_last_seen(story, position, trace):
    story.room("hall", "ann", "bob").sends("ann", "hall", "m1", 1).receives("m1", "ann").drained()
    story.witnessed("m1" if position else "another", 1)

    assert check(story.ledger()).evidence[0].endswith(trace)


@pytest.mark.parametrize("seen_by", [(), ("ann", "bob")])
def test_an_unknown_send_may_or_may_not_appear(honest, seen_by):
    """A timed-out send proves nothing, so neither ending is a loss."""
    honest.sends("ann", "hall", "m3", outcome=Outcome.UNKNOWN).receives("m3", *seen_by, sequence=3)

    assert check(honest.ledger()).verdict == Verdict.HOLDS


def test_an_unknown_send_that_one_member_saw_is_owed_to_all(honest):
    honest.sends("ann", "hall", "m3", outcome=Outcome.UNKNOWN).receives("m3", "ann", sequence=3)

    assert check(honest.ledger()).verdict == Verdict.VIOLATED


def test_a_failed_send_is_owed_to_nobody(honest):
    honest.sends("ann", "hall", "m3", outcome=Outcome.FAILED)

    assert check(honest.ledger()).verdict == Verdict.HOLDS


def test_what_is_missing_before_the_run_waited_for_it_is_inconclusive(story):
    story.room("hall", "ann", "bob").sends("ann", "hall", "m1", 1).receives("m1", "ann")

    assert check(story.ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_message_skipped_before_another_is_lost_even_if_the_socket_broke_later(story):
    story.room("hall", "ann", "bob").sends("ann", "hall", "m1", 1).sends("ann", "hall", "m2", 2)
    story.receives("m1", "ann").receives("m2", "ann", "bob").loses_socket("bob").drained()

    assert check(story.ledger()).verdict == Verdict.VIOLATED


def test_what_came_after_a_socket_broke_was_not_observed(story):
    story.room("hall", "ann", "bob").loses_socket("bob")
    story.sends("ann", "hall", "m1", 1).receives("m1", "ann").drained()

    finding = check(story.ledger())

    assert finding.verdict == Verdict.INCONCLUSIVE
    assert finding.evidence == ("message m1 (sequence 1) for bob: closed with 1012",)


def test_closing_our_own_socket_in_the_end_excuses_nothing(story):
    story.room("hall", "ann", "bob").sends("ann", "hall", "m1", 1).receives("m1", "ann").drained()
    story.loses_socket("bob", ours=True)

    assert check(story.ledger()).verdict == Verdict.VIOLATED


def test_what_stood_in_the_room_before_a_member_joined_is_not_owed_as_a_frame(story):
    story.room("hall", "ann", "bob")
    story.asks("add_members", "ann", "hall", members=["eve"]).sends("ann", "hall", "m1", 1)
    story.receives("m1", "ann", "bob").joined("eve", "hall", at=1).drained()

    assert check(story.ledger()).verdict == Verdict.INCONCLUSIVE
