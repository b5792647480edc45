"""Whatever a member asked for was done."""

import pytest

from veigo.checkers.members_were_let_in import MembersWereLetIn
from veigo.outcome import Outcome
from veigo.verdict import Verdict

check = MembersWereLetIn().check


def test_an_honest_run_is_acquitted(honest):
    assert check(honest.ledger()).verdict == Verdict.HOLDS


def test_nobody_asked_is_inconclusive(story):
    assert check(story.ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_saboteur_who_refuses_a_member_is_convicted(honest):
    honest.asks("read", "bob", "hall", outcome=Outcome.FAILED, error="Refused: FORBIDDEN: no")

    finding = check(honest.ledger())

    assert finding.verdict == Verdict.VIOLATED
    assert finding.evidence == ("read by bob: Refused: FORBIDDEN: no",)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (("delete", "ann", {"message_id": "m1"}), ("edit", "ann", {"message_id": "m1"})),
        (("remove_member", "ann", {"member": "bob"}), ("send", "bob", {"message_id": "m9"})),
        (("leave_room", "bob", {}), ("remove_member", "ann", {"member": "bob"})),
    ],
)
def test_whoever_came_too_late_was_not_wronged(honest, first, then):
    for (name, user, details), ending in ((first, {}), (then, {"outcome": Outcome.FAILED, "code": "NOT_FOUND"})):
        honest.asks(name, user, "hall", **details, **ending)

    assert check(honest.ledger()).verdict == Verdict.HOLDS


def test_whoever_was_never_in_a_room_cannot_be_put_out_of_it(honest):
    honest.asks("remove_member", "ann", "hall", member="eve", outcome=Outcome.FAILED, code="NOT_FOUND")

    assert check(honest.ledger()).verdict == Verdict.HOLDS


def test_what_came_afterwards_excuses_nothing(honest):
    honest.asks("edit", "ann", "hall", message_id="m1", outcome=Outcome.FAILED, code="NOT_FOUND", error="gone")
    honest.asks("delete", "ann", "hall", message_id="m1")

    assert check(honest.ledger()).evidence == ("edit by ann: gone",)


def test_what_the_harness_itself_withdrew_leaves_no_doubt(honest):
    honest.asks("read", "bob", "hall", outcome=Outcome.UNKNOWN, error="CancelledError: ")

    assert check(honest.ledger()).verdict == Verdict.HOLDS


def test_a_request_without_an_answer_leaves_a_doubt(honest):
    honest.asks("read", "bob", "hall", outcome=Outcome.UNKNOWN)

    assert check(honest.ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_stranger_who_is_refused_is_none_of_its_business(honest):
    honest.asks("read", "eve", "hall", expected=Outcome.FAILED, outcome=Outcome.FAILED)

    assert check(honest.ledger()).verdict == Verdict.HOLDS
