"""A gap that nobody is told of is the worst kind: the checker convicts silence, and alarms that come too late."""

import pytest

from veigo.checkers.alarm_named_the_gap import AlarmNamedTheGap
from veigo.checkers.ledger import Ledger
from veigo.history import FaultEvent, FaultStage, Mark
from veigo.verdict import Verdict

SECOND = 1_000_000_000
FAULT = "drop the slot of chat"


def stage(which, at_s):
    return FaultEvent(FAULT, ["postgres", "connect"], which, round(at_s * SECOND), 0)


def alarm(at_s, name="alarm: the slot is gone; 3 events of 1 room are missing"):
    return Mark(name, round(at_s * SECOND), 0)


def found(*records):
    broken = [stage(FaultStage.INJECTED, 10), stage(FaultStage.FELT, 12)]
    return AlarmNamedTheGap(within_s=10).check(Ledger.of([*broken, *records, stage(FaultStage.HEALED, 40)]))


@pytest.mark.parametrize("at_s", [10.5, 12.0, 21.9])
def test_an_alarm_after_the_injection_and_soon_after_it_was_felt_is_what_was_promised(at_s):
    finding = found(alarm(at_s))

    assert Verdict.HOLDS is finding.verdict
    assert "3 events of 1 room are missing" in finding.summary


@pytest.mark.parametrize("marks", [[], [alarm(22.1)], [alarm(9.0)], [alarm(13.0, name="talk_ended")]])
def test_silence_is_convicted_and_so_is_an_alarm_that_is_late_or_an_older_one(marks):
    finding = found(*marks)

    assert Verdict.VIOLATED is finding.verdict
    assert finding.excerpt


def test_where_nothing_was_broken_nothing_is_proved():
    assert Verdict.INCONCLUSIVE is AlarmNamedTheGap().check(Ledger.of([alarm(1.0)])).verdict
