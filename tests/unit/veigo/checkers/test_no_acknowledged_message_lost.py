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

    assert check(story.ledger()).verdict == Verdict.HOLDS


def test_a_saboteur_who_tells_a_joiner_a_position_ahead_of_the_room_is_convicted(story):
    """Joined at 5, and then 4 is sent: it would pass for one that stood there before."""
    story.room("hall", "ann").joined("bob", "hall", at=5).sends("ann", "hall", "m4", 4).receives("m4", "ann")
    story.asks("add_members", "ann", "hall", members=["bob"]).drained()

    finding = check(story.ledger())

    assert finding.verdict == Verdict.VIOLATED
    assert "bob's socket 2 received JOINED sequence 5" in finding.excerpt[0]


def test_a_saboteur_who_acknowledges_before_the_commit_is_convicted_by_the_store(honest):
    """Everybody saw it, and it is gone."""
    finding = check(honest.stored("hall", "m1", None).ledger())

    assert finding.evidence == ("message m2 (sequence 2) of bob: not in PostgreSQL; Kafka was not read",)


def test_what_retention_forgot_is_not_lost(honest):
    assert check(honest.stored("hall", "m2", horizon=1).ledger()).verdict == Verdict.HOLDS


def test_nobody_is_owed_what_was_said_after_they_were_removed(story):
    story.room("hall", "ann", "bob").sends("ann", "hall", "m1", 1).receives("m1", "ann", "bob")
    for user in ("ann", "bob"):
        story.event("MEMBER_REMOVED", user, "hall", 2, member="bob")
    story.event("LEFT", "bob", "hall", 2, reason="you are no longer a member")
    story.sends("ann", "hall", "m3", 3).receives("m3", "ann").drained()

    assert check(story.ledger()).verdict == Verdict.HOLDS


def test_who_came_and_went_before_they_ever_got_to_listen_is_owed_nothing_by_a_socket(honest):
    """Joins are refused while permissions lag behind; a member who stays must get in, a visitor may have been late."""
    honest.asks("add_members", "ann", "hall", members=["carl"])
    assert Verdict.INCONCLUSIVE == check(honest.ledger()).verdict

    honest.event("MEMBER_REMOVED", "ann", "hall", 3, member="carl")
    assert Verdict.HOLDS == check(honest.ledger()).verdict


def test_who_was_to_be_added_and_never_was_is_owed_nothing(honest):
    """Nobody answered, and the room's whole log knows nothing of it; as long as that is not known, it is a doubt."""
    honest.asks("add_members", "ann", "hall", members=["carl"], outcome=Outcome.UNKNOWN)
    assert Verdict.INCONCLUSIVE == check(honest.ledger()).verdict

    honest.stored("hall", "m1", "m2")
    assert Verdict.HOLDS == check(honest.ledger()).verdict


def test_nobody_is_owed_what_was_on_its_way_when_they_signed_out(story):
    story.room("hall", "ann", "bob").sends("ann", "hall", "m1", 1).receives("m1", "ann")
    story.asks("sign_out", "bob").loses_socket("bob").drained()

    assert check(story.ledger()).verdict == Verdict.HOLDS


def test_signing_out_excuses_no_message_that_was_skipped_before(story):
    story.room("hall", "ann", "bob").sends("ann", "hall", "m1", 1).sends("ann", "hall", "m2", 2)
    story.receives("m1", "ann").receives("m2", "ann", "bob").asks("sign_out", "bob").loses_socket("bob").drained()

    assert check(story.ledger()).verdict == Verdict.VIOLATED


def test_whoever_came_back_is_not_owed_what_was_said_meanwhile_nor_before_they_listened(story):
    """Removed at 2, back at 4, listening again from 5 on."""
    story.room("hall", "ann", "bob").event("MEMBER_REMOVED", "bob", "hall", 2, member="bob")
    story.event("LEFT", "bob", "hall", 2, reason="you are no longer a member")
    story.sends("ann", "hall", "m3", 3).event("MEMBER_ADDED", "ann", "hall", 4, member="bob")
    story.sends("ann", "hall", "m5", 5).receives("m3", "ann").receives("m5", "ann").joined("bob", "hall", at=5)
    story.sends("ann", "hall", "m6", 6).receives("m6", "ann", "bob").drained()

    assert check(story.ledger()).verdict == Verdict.HOLDS


def test_the_excerpt_shows_the_join_the_send_and_what_came_instead(story):
    story.room("hall", "ann", "bob").sends("ann", "hall", "m1", 1).sends("ann", "hall", "m2", 2)
    story.receives("m1", "ann").receives("m2", "ann", "bob").drained()

    assert [line.split("s  ", 1)[1] for line in check(story.ledger()).excerpt] == [
        "bob's socket 2 received JOINED sequence 0 of room hall",
        "ann asked for send m1 in room hall: ok, sequence 1 in 0.0 ms",
        "bob's socket 2 received MESSAGE m2 sequence 2 of room hall",
    ]
