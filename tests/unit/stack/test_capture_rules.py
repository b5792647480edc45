"""What PostgreSQL and Connect show, and which alarm that is: none in health, one for each way to lose changes."""

from dataclasses import replace

import pytest

from stack.capture_rules import FAILING_S_MAX, Facts, Position, Slot, confirmed, findings, is_unstored
from veigo.stack.alarms import AlarmKind

KNOWN = Position(lsn=1_000, at_us=0)
SOUND = Facts(
    connector="chat",
    slot_name="veigo_chat",
    slot=Slot(restart_lsn=900, confirmed_lsn=990, wal_status="reserved"),
    published=True,
    log_end_lsn=1_200,
    answers=True,
    state="RUNNING",
    stored=Position(lsn=1_100, at_us=0),
)
FOR_LONG = FAILING_S_MAX + 1


def kinds(facts, known=KNOWN, failing_s=0.0):
    return [finding.kind for finding in findings(facts, known, failing_s)]


def slot(**changes):
    return replace(SOUND, slot=replace(SOUND.slot, **changes))


def test_nothing_is_found_in_health():
    assert [] == kinds(SOUND)
    assert [] == kinds(slot(wal_status="extended"))


def test_under_load_the_slot_passes_what_was_known_and_not_what_is_stored():
    """Both go on between two looks; the slot never overtakes what Connect stored."""
    assert [] == kinds(slot(restart_lsn=1_050, confirmed_lsn=1_090))


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        (replace(SOUND, slot=None), AlarmKind.SLOT_DROPPED),
        (slot(restart_lsn=1_150, confirmed_lsn=1_160), AlarmKind.SLOT_RECREATED),
        (slot(wal_status="lost", restart_lsn=0), AlarmKind.SLOT_LOST),
        (slot(wal_status="unreserved"), AlarmKind.SLOT_AT_RISK),
        (replace(SOUND, published=False), AlarmKind.PUBLICATION_DROPPED),
        (replace(SOUND, stored=None), AlarmKind.OFFSETS_LOST),
        (replace(SOUND, stored=Position(1_300, 0)), AlarmKind.OFFSETS_AHEAD),
    ],
)
def test_each_way_to_lose_changes_is_an_alarm_of_its_own(facts, kind):
    assert [kind] == kinds(facts)


def test_a_slot_and_its_offsets_lost_together_are_two_alarms():
    """Debezium makes a new slot then and goes on at the log's end, in silence."""
    both = replace(SOUND, slot=Slot(1_150, 1_160, "reserved"), stored=None)

    assert [AlarmKind.SLOT_RECREATED, AlarmKind.OFFSETS_LOST] == kinds(both)


def test_offsets_are_lost_when_they_are_missed_twice():
    """A worker that has just started has not read them yet, and beside none any slot looks new."""
    both = findings(replace(SOUND, slot=Slot(1_150, 1_160, "reserved"), stored=None, published=False), KNOWN, 0.0)

    assert is_unstored(both)
    assert [AlarmKind.PUBLICATION_DROPPED] == [each.kind for each in confirmed(both, unstored_before=False)]
    assert both == confirmed(both, unstored_before=True)


def test_a_connector_that_stored_an_old_position_is_not_a_new_slot():
    """Its slot is where it was; only Connect went back, to a place that is gone."""
    said = "the position is no longer available on the server."
    back = replace(SOUND, stored=Position(500, 0), state="FAILED", reason=said)

    assert [AlarmKind.OFFSETS_BEHIND] == kinds(back)


def test_while_connect_is_away_only_postgresql_is_judged():
    away = replace(SOUND, answers=False, state=None, stored=None)

    assert [] == kinds(away, failing_s=FOR_LONG)
    assert [AlarmKind.SLOT_DROPPED] == kinds(replace(away, slot=None))


@pytest.mark.parametrize("answers", [False, True], ids=["Connect away", "no such connector"])
def test_a_slot_that_went_on_until_its_connector_ended_is_no_new_one(answers):
    """What was known then is older than the slot, and what is stored is not told."""
    went_on = slot(restart_lsn=1_050, confirmed_lsn=1_090)

    assert [] == kinds(replace(went_on, answers=answers, state=None, stored=None))


def test_a_failed_connector_is_given_time_for_its_restarts():
    failed = replace(SOUND, state="FAILED", reason="no disk")

    assert [] == kinds(failed, failing_s=1.0)
    assert [AlarmKind.CONNECTOR_FAILED] == kinds(failed, failing_s=FOR_LONG)


def test_a_connector_that_is_being_restarted_or_paused_has_not_failed():
    assert [] == kinds(SOUND, failing_s=FOR_LONG)
    assert [] == kinds(replace(SOUND, state="RESTARTING"), failing_s=FOR_LONG)
    assert [] == kinds(replace(SOUND, state="PAUSED"), failing_s=FOR_LONG)


def test_a_connector_that_failed_for_a_known_cause_is_not_told_twice():
    assert [AlarmKind.SLOT_DROPPED] == kinds(replace(SOUND, slot=None, state="FAILED"), failing_s=FOR_LONG)


def test_a_connector_that_is_not_there_is_missed():
    gone = replace(SOUND, state=None, stored=None)

    assert [] == kinds(gone)
    assert [AlarmKind.CONNECTOR_MISSING] == kinds(gone, failing_s=FOR_LONG)


def test_every_finding_says_what_it_is_about():
    assert "replication slot veigo_chat is gone" == findings(replace(SOUND, slot=None), KNOWN, 0.0)[0].reason


def test_only_what_is_sound_may_be_remembered():
    assert SOUND.sound
    assert not replace(SOUND, stored=None).sound
    assert not replace(SOUND, slot=None).sound
    assert not slot(wal_status="unreserved").sound
