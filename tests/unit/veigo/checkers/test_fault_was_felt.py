"""A fault nobody noticed proves nothing."""

from veigo.checkers.fault_was_felt import FaultWasFelt
from veigo.outcome import Outcome
from veigo.verdict import Verdict

check = FaultWasFelt(sends_min=1).check


def test_a_fault_that_was_felt_while_somebody_talked_is_acquitted_with_the_evidence(honest):
    finding = check(
        honest.broken("kill kafka", "kafka").sends("ann", "hall", "m3", 3).healed("kill kafka", "kafka").ledger()
    )

    assert finding.verdict == Verdict.HOLDS
    assert finding.summary == "1 messages sent meanwhile, 1 acknowledged; kill kafka (it was)"


def test_no_fault_is_inconclusive(honest):
    assert check(honest.ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_fault_nobody_felt_is_inconclusive(honest):
    honest.broken("kill kafka", "kafka", "injected").sends("ann", "hall", "m3", 3).healed("kill kafka", "kafka")

    assert check(honest.ledger()).evidence == ("kill kafka: nobody felt it",)


def test_a_fault_nobody_talked_in_is_inconclusive(honest):
    honest.broken("kill kafka", "kafka").healed("kill kafka", "kafka").sends("ann", "hall", "m3", 3)

    assert check(honest.ledger()).evidence == ("0 messages were sent meanwhile, and 1 are needed",)


def test_a_fault_that_was_never_healed_is_inconclusive(honest):
    honest.broken("kill kafka", "kafka").sends("ann", "hall", "m3", 3)

    assert check(honest.ledger()).evidence == ("kill kafka: it was never healed",)


def test_acknowledgements_may_be_asked_for_too(honest):
    honest.broken("kill kafka", "kafka").sends("ann", "hall", "m3", outcome=Outcome.UNKNOWN).healed(
        "kill kafka", "kafka"
    )

    assert FaultWasFelt(sends_min=1, acknowledged_min=1).check(honest.ledger()).verdict == Verdict.INCONCLUSIVE


def test_the_same_fault_twice_is_two(honest):
    for number in (3, 4):
        honest.broken("kill kafka", "kafka").sends("ann", "hall", f"m{number}", number).healed("kill kafka", "kafka")

    assert len(honest.ledger().windows) == 2
    assert check(honest.ledger()).verdict == Verdict.HOLDS
