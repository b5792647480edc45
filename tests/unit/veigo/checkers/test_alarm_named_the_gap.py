"""A gap that nobody is told of is the worst kind: the checker convicts silence, and alarms that come too late."""

import pytest

from veigo.checkers.alarm_named_the_gap import AlarmNamedTheGap
from veigo.checkers.ledger import Ledger
from veigo.history import AlarmRaised, FaultEvent, FaultStage
from veigo.verdict import Verdict

SECOND = 1_000_000_000
FAULT = "drop the slot of chat"


def stage(which, at_s):
    return FaultEvent(FAULT, ["postgres", "connect"], which, round(at_s * SECOND), 0)


def alarm(at_s, about="chat", gap="3 events of 1 room"):
    return AlarmRaised("slot_dropped", about, "3 events of 1 room are missing", gap, round(at_s * SECOND), 0)


def found(*records):
    broken = [stage(FaultStage.INJECTED, 10), stage(FaultStage.FELT, 12)]
    return AlarmNamedTheGap(within_s=10).check(Ledger.of([*broken, *records, stage(FaultStage.HEALED, 40)]))


@pytest.mark.parametrize("at_s", [10.5, 12.0, 21.9])
def test_an_alarm_after_the_injection_and_soon_after_it_was_felt_is_what_was_promised(at_s):
    finding = found(alarm(at_s))

    assert Verdict.HOLDS is finding.verdict
    assert "3 events of 1 room are missing" in finding.summary


@pytest.mark.parametrize("alarms", [[], [alarm(22.1)], [alarm(9.0)]])
def test_silence_is_convicted_and_so_is_an_alarm_that_is_late_or_an_older_one(alarms):
    finding = found(*alarms)

    assert Verdict.VIOLATED is finding.verdict
    assert finding.excerpt


@pytest.mark.parametrize(
    ("raised", "why"),
    [
        (alarm(13.0, gap=""), "the alarm slot_dropped does not say what is missing"),
        (alarm(13.0, about="authentication"), "the alarm was about authentication, and chat was broken"),
    ],
)
def test_a_saboteur_whose_alarm_names_no_gap_or_another_connector_is_convicted(raised, why):
    finding = found(raised)

    assert Verdict.VIOLATED is finding.verdict
    assert f"{FAULT}: {why}" == finding.evidence[0]


def test_where_nothing_was_broken_nothing_is_proved():
    assert Verdict.INCONCLUSIVE is AlarmNamedTheGap().check(Ledger.of([alarm(1.0)])).verdict
