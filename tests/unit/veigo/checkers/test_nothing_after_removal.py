"""Whoever was removed has seen the last of the room."""

import pytest

from veigo.checkers.nothing_after_removal import NothingAfterRemoval
from veigo.outcome import Outcome
from veigo.verdict import Verdict

check = NothingAfterRemoval().check


@pytest.fixture
def removed(honest):
    """Bob is removed at 3, and told so."""
    honest.asks("remove_member", "ann", "hall", member="bob")
    for user in ("ann", "bob"):
        honest.event("MEMBER_REMOVED", user, "hall", 3, member="bob")
    return honest.sends("ann", "hall", "m4", 4).receives("m4", "ann")


def test_an_honest_removal_is_acquitted_and_its_delay_reported(removed):
    finding = check(removed.ledger())

    assert finding.verdict == Verdict.HOLDS
    assert "the last came 0.0 ms after" in finding.summary


def test_nobody_removed_is_inconclusive(honest):
    assert check(honest.ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_frame_beyond_the_removal_is_convicted(removed):
    finding = check(removed.receives("m4", "bob").ledger())

    assert finding.evidence == ("bob received sequence 4 of room hall, and was removed at 3",)
    assert "MEMBER_REMOVED bob sequence 3" in finding.excerpt[0]


def test_a_frame_below_the_removal_that_comes_late_is_not(removed):
    assert check(removed.receives("m2", "bob").ledger()).verdict == Verdict.HOLDS


@pytest.mark.parametrize("name", ["send", "read", "join", "edit"])
def test_a_grant_after_the_answer_is_convicted(removed, name):
    finding = check(removed.asks(name, "bob", "hall").ledger())

    assert finding.evidence == (f"bob was granted {name} in room hall after removal",)


def test_a_refusal_after_it_and_a_grant_under_way_during_it_are_not(removed):
    removed.asks("read", "bob", "hall", outcome=Outcome.FAILED).asks("read", "bob", "hall", started_ns=1)

    assert check(removed.ledger()).verdict == Verdict.HOLDS


def test_whoever_was_added_again_may_again(removed):
    removed.asks("add_members", "ann", "hall", members=["bob"]).event("MEMBER_ADDED", "ann", "hall", 5, member="bob")
    removed.joined("bob", "hall", at=5).asks("read", "bob", "hall")
    removed.sends("ann", "hall", "m6", 6).receives("m6", "bob")

    assert check(removed.ledger()).verdict == Verdict.HOLDS


def test_whoever_came_back_may_resume_from_before_they_went(removed):
    """The log has both additions, and the join comes after the second was asked for."""
    for sequence, type_ in ((2, "member.added"), (5, "member.added")):
        removed.witnessed(None, sequence, type=type_, member="bob")
    removed.asks("add_members", "ann", "hall", members=["bob"]).joined("bob", "hall", at=2).receives("m4", "bob")

    assert check(removed.ledger()).verdict == Verdict.HOLDS


def test_whoever_came_back_later_must_not_have_heard_it_before(removed):
    for sequence in (2, 5):
        removed.witnessed(None, sequence, type="member.added", member="bob")
    removed.receives("m4", "bob").asks("add_members", "ann", "hall", members=["bob"])

    assert check(removed.ledger()).verdict == Verdict.VIOLATED


def test_the_log_says_where_the_removal_stands_when_no_socket_was_told(honest):
    honest.asks("leave_room", "bob", "hall", member="bob").witnessed(None, 3, type="member.removed", member="bob")
    honest.sends("ann", "hall", "m4", 4).receives("m4", "bob")

    assert check(honest.ledger()).verdict == Verdict.VIOLATED
