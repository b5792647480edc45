"""Who may not read, write or join is refused, every time, and for that reason."""

import pytest

from veigo.checkers.refused_stayed_refused import RefusedStayedRefused
from veigo.outcome import Outcome
from veigo.verdict import Verdict

check = RefusedStayedRefused().check
REFUSED = {"expected": Outcome.FAILED, "outcome": Outcome.FAILED, "code": "FORBIDDEN"}


@pytest.fixture
def guarded(honest):
    """A member reads and joins; a stranger tries the same, and to write."""
    honest.asks("read", "ann", "hall").asks("join", "ann", "hall")
    honest.asks("read", "eve", "hall", **REFUSED).asks("join", "eve", "hall", **REFUSED)
    return honest.sends("eve", "hall", "e1", **REFUSED)


def test_an_honest_run_is_acquitted(guarded):
    assert check(guarded.ledger()).verdict == Verdict.HOLDS


def test_nobody_tried_is_inconclusive(honest):
    assert check(honest.ledger()).verdict == Verdict.INCONCLUSIVE


@pytest.mark.parametrize("name", ["read", "join"])
def test_a_saboteur_who_lets_a_stranger_in_once_is_convicted(guarded, name):
    guarded.asks(name, "eve", "hall", expected=Outcome.FAILED)

    finding = check(guarded.ledger())

    assert finding.verdict == Verdict.VIOLATED
    assert finding.evidence == (f"{name} by eve in room hall was granted",)


def test_a_saboteur_who_refuses_and_stores_all_the_same_is_convicted(guarded):
    assert check(guarded.receives("e1", "ann", sequence=3).ledger()).verdict == Verdict.VIOLATED


def test_a_refused_message_in_kafka_is_as_bad_as_on_a_socket(guarded):
    assert check(guarded.witnessed("e1", 3).ledger()).verdict == Verdict.VIOLATED


@pytest.mark.parametrize("code", ["INVALID_ARGUMENT", "UNAUTHENTICATED"])
def test_a_refusal_for_another_reason_proves_nothing(guarded, code):
    """A malformed request is refused too, and says nothing about the door."""
    guarded.asks("read", "eve", "hall", **(REFUSED | {"code": code}))

    assert check(guarded.ledger()).verdict == Verdict.INCONCLUSIVE


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.FAILED])
def test_while_things_break_an_attempt_may_go_without_an_answer(guarded, outcome):
    """There is no door then, or nobody could be asked at all; those that met one count."""
    guarded.broken("kill opa", "opa").asks("read", "eve", "hall", expected=Outcome.FAILED, outcome=outcome)

    assert check(guarded.ledger()).summary == "3 attempts, all refused; members were granted the same"


def test_no_attempt_that_met_a_door_is_inconclusive(honest):
    honest.broken("kill opa", "opa").asks("read", "eve", "hall", expected=Outcome.FAILED, outcome=Outcome.UNKNOWN)

    assert check(honest.ledger()).verdict == Verdict.INCONCLUSIVE


def test_an_attempt_without_an_answer_proves_nothing(guarded):
    guarded.asks("read", "eve", "hall", expected=Outcome.FAILED, outcome=Outcome.UNKNOWN)

    assert check(guarded.ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_door_that_is_closed_to_members_too_proves_nothing(honest):
    honest.asks("read", "eve", "hall", **REFUSED)

    finding = check(honest.ledger())

    assert finding.verdict == Verdict.INCONCLUSIVE
    assert finding.evidence == ("no member's read in room hall was granted either",)
