"""While nobody decides, nobody may."""

import pytest

from veigo.checkers.nothing_allowed_without_opa import NothingAllowedWithoutOpa
from veigo.outcome import Outcome
from veigo.verdict import Verdict

check = NothingAllowedWithoutOpa().check


@pytest.fixture
def without_opa(honest):
    """OPA is gone, felt, and somebody is refused."""
    honest.broken("kill opa", "opa", unavailable=("opa",))
    return honest.sends("ann", "hall", "m3", outcome=Outcome.UNKNOWN, code="UNAVAILABLE")


def test_a_refusal_is_acquitted(without_opa):
    assert check(without_opa.healed("kill opa", "opa").ledger()).verdict == Verdict.HOLDS


def test_opa_was_always_there_is_inconclusive(honest):
    assert check(honest.broken("kill kafka", "kafka").ledger()).verdict == Verdict.INCONCLUSIVE


def test_nobody_asked_meanwhile_is_inconclusive(honest):
    honest.broken("kill opa", "opa", unavailable=("opa",)).healed("kill opa", "opa")

    assert check(honest.ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_grant_is_convicted_and_shown_beside_the_fault(without_opa):
    finding = check(without_opa.sends("ann", "hall", "m4", 3).healed("kill opa", "opa").ledger())

    assert finding.evidence == ("ann was granted send in room hall without a decision",)
    assert "s into kill opa]" in finding.excerpt[0]


@pytest.mark.parametrize("when", ["before it was felt", "when it was being healed"])
def test_a_grant_at_the_edges_may_have_been_decided(without_opa, when):
    times = {"started_ns": 1} if when == "before it was felt" else {"ended_ns": 1 << 40}
    without_opa.sends("ann", "hall", "m4", 3, **times).healed("kill opa", "opa")

    assert check(without_opa.ledger()).verdict == Verdict.HOLDS


def test_joining_a_room_again_needs_no_decision_and_joining_it_for_the_first_time_does(without_opa):
    assert check(without_opa.asks("join", "bob", "hall").ledger()).verdict == Verdict.HOLDS

    without_opa.asks("join", "eve", "hall").joined("eve", "hall")

    assert check(without_opa.ledger()).evidence == ("eve was granted join in room hall without a decision",)


def test_an_opa_that_is_only_slow_may_say_yes(honest):
    honest.broken("delay chat and opa by 300 ms", "opa").sends("ann", "hall", "m3", 3)

    assert check(honest.ledger()).verdict == Verdict.INCONCLUSIVE
    assert not NothingAllowedWithoutOpa().concerns(honest.ledger())


def test_it_is_asked_what_is_unavailable_and_not_how_the_fault_is_called(honest):
    """OPA cut off from chat decides for everybody else; killed beside something else it decides for nobody."""
    honest.broken("partition chat from opa", "opa").asks("join", "eve", "hall").healed("partition chat from opa", "opa")

    assert not NothingAllowedWithoutOpa().concerns(honest.ledger())

    honest.broken("delete connector chat and kill opa", "connect", unavailable=("opa",)).sends("ann", "hall", "m3", 3)

    assert check(honest.ledger()).verdict == Verdict.VIOLATED
