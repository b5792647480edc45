"""Recovery, measured on hand-made deliveries: 100 messages a second, one listener, some of them late."""

import pytest

from veigo.checkers.catalogue import MEASURED_ONLY, RECOVERY, checkers_for
from veigo.checkers.ledger import Ledger
from veigo.checkers.recovers_within import RecoversWithin
from veigo.history import FaultEvent, FaultStage, Frame, Operation, RunStarted
from veigo.outcome import Outcome
from veigo.recovery import Terms, recoveries
from veigo.verdict import Verdict

EVERY_MS, FAST_MS = 10, 5
BROKEN_S, HEALED_S, END_S = 5, 8, 25
TERMS = Terms(factor=1.5, floor_ms=1, steady_s=2)


def ledger(slow_until_s=HEALED_S, slow_ms=FAST_MS, lost=(), refused=(), faults=True, end_s=END_S):
    """Deliveries take 5 ms; from the healing on until `slow_until_s`, `slow_ms`; those of the fault come after it."""
    records = [Frame("JOINED", "bob", 1, 0, 0, room="hall", sequence=0)]
    for number, at_ms in enumerate(range(0, end_s * 1000, EVERY_MS), start=1):
        message, at_ns = f"m{number}", at_ms * 1_000_000
        outcome = Outcome.FAILED if at_ms in refused else Outcome.OK
        sent = Operation("send", "ann", room="hall", message_id=message, intended_ns=at_ns, sequence=number)
        sent.started_ns, sent.ended_ns, sent.outcome = at_ns, at_ns + 1_000_000, outcome
        records.append(sent)
        took_ms = FAST_MS
        if BROKEN_S * 1000 <= at_ms < HEALED_S * 1000:
            took_ms = HEALED_S * 1000 - at_ms + 100
        elif HEALED_S * 1000 <= at_ms < slow_until_s * 1000:
            took_ms = slow_ms
        if at_ms not in lost and outcome is Outcome.OK:
            came_ns = (at_ms + took_ms) * 1_000_000
            records.append(Frame("MESSAGE", "bob", 1, came_ns, 0, room="hall", sequence=number, message_id=message))
    stages = {"injected": BROKEN_S, "felt": BROKEN_S, "healing": HEALED_S, "healed": HEALED_S} if faults else {}
    for stage, at_s in stages.items():
        records.append(FaultEvent("kill kafka", ["kafka"], FaultStage(stage), at_s * 1_000_000_000, 0))
    return Ledger.of(records)


def test_one_that_is_steady_at_once_is_measured_so():
    (recovery,) = recoveries(ledger(), TERMS)

    assert ("kill kafka",) == recovery.faults
    assert (3.0, 5.0) == (recovery.lasted_s, recovery.baseline_p99_ms)
    assert (0.005, 0.0) == (recovery.first_delivery_s, recovery.steady_s)
    assert (0.1, 300) == (recovery.backlog_s, recovery.delayed)


@pytest.mark.parametrize("slow_until_s", [10, 14])
def test_slow_deliveries_postpone_the_steady_state(slow_until_s):
    """A step of 100 ms and one in a hundred may be slow."""
    (recovery,) = recoveries(ledger(slow_until_s=slow_until_s, slow_ms=50), TERMS)

    assert recovery.steady_s == pytest.approx(slow_until_s - HEALED_S, abs=0.11)


def test_half_again_as_slow_is_steady_and_more_is_not():
    assert 0.0 == recoveries(ledger(END_S, slow_ms=7), TERMS)[0].steady_s
    assert recoveries(ledger(END_S, slow_ms=8), TERMS)[0].steady_s is None


def test_what_is_lost_or_refused_is_never_fast():
    (lost,) = recoveries(ledger(lost=range(HEALED_S * 1000, 12_000)), TERMS)
    (refused,) = recoveries(ledger(refused=range(HEALED_S * 1000, 12_000)), TERMS)

    assert lost.steady_s == refused.steady_s == pytest.approx(4.0, abs=0.11)


def test_a_message_of_the_fault_that_never_comes_is_a_backlog_for_ever():
    assert recoveries(ledger(lost=[BROKEN_S * 1000]), TERMS)[0].backlog_s is None


def judged(story, seconds=5):
    return RecoversWithin(seconds=seconds, terms=TERMS).check(story)


def test_a_recovery_in_time_is_acquitted_with_its_figures():
    finding = judged(ledger(slow_until_s=10, slow_ms=50))

    assert Verdict.HOLDS == finding.verdict
    assert (
        "first delivery after 0.1 s, steady after 2.0 s, no backlog after 0.1 s, 300 messages delayed"
        in finding.summary
    )


@pytest.mark.parametrize("slow_until_s", [15, END_S], ids=["late", "never"])
def test_one_that_takes_too_long_is_convicted(slow_until_s):
    finding = judged(ledger(slow_until_s, slow_ms=50))

    assert Verdict.VIOLATED == finding.verdict
    assert 4 == len(finding.excerpt)


def test_a_backlog_that_never_cleared_is_convicted_though_what_is_new_is_fast():
    finding = judged(ledger(lost=[BROKEN_S * 1000]))

    assert Verdict.VIOLATED == finding.verdict
    assert "steady after 0.0 s, no backlog never" in finding.evidence[0]


@pytest.mark.parametrize(
    "story",
    [
        Ledger(),
        ledger(faults=False),
        ledger(slow_until_s=12, slow_ms=50, end_s=12),
        ledger(lost=[BROKEN_S * 1000], end_s=12),
    ],
    ids=["nothing", "no fault", "not watched long enough", "not watched long enough for a backlog"],
)
def test_what_could_not_be_measured_is_inconclusive(story):
    assert Verdict.INCONCLUSIVE == judged(story).verdict


def test_too_few_deliveries_before_the_fault_are_no_baseline():
    terms = Terms(factor=1.5, steady_s=2, samples_min=1_000)

    assert Verdict.INCONCLUSIVE == RecoversWithin(terms=terms).check(ledger()).verdict


def test_a_run_whose_recovery_was_measured_only_is_not_convicted_of_it_later(tmp_path):
    """One verdict, whether a chaos run gives it or `veigo check` does a year later."""
    late = ledger(slow_until_s=24, slow_ms=600, end_s=30)

    def asked(parameters):
        late.run = RunStarted("r1", "postgres_killed_under_load", 1, parameters, 0)
        return {type(checker) for checker in checkers_for(late, tmp_path / "none")[0]}

    assert RecoversWithin in asked({})
    assert RecoversWithin not in asked({RECOVERY: MEASURED_ONLY})
