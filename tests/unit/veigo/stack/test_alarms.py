"""An alarm names what is missing, and stands until somebody says why it is over."""

import time

import pytest

from veigo.stack.alarms import AlarmKind, Alarms, Gap, lsn_text, ranges_of
from veigo.stack.problem import NotReadyError

GAP = Gap(from_lsn=0x1852930, to_lsn=0x1852DA8, rooms={"r1": [(4, 6), (9, 9)]}, events=4)


@pytest.fixture
def alarms(tmp_path):
    return Alarms(tmp_path)


def test_without_a_file_nothing_stands(alarms):
    assert [] == alarms.standing()


def test_an_alarm_stands_until_it_is_cleared(alarms):
    alarms.raise_(AlarmKind.SLOT_DROPPED, "chat", "gone", GAP)
    stood = alarms.standing()
    alarms.clear(stood, "repaired")

    assert [(AlarmKind.SLOT_DROPPED, "chat", "gone", GAP)] == [(a.kind, a.about, a.sentence, a.gap) for a in stood]
    assert [] == alarms.standing()
    assert ["gone"] == [each.sentence for each in alarms.told()]


def test_told_again_it_is_one_alarm_with_the_newest_gap_and_the_first_time(alarms):
    alarms.raise_(AlarmKind.SLOT_DROPPED, "chat", "gone", Gap())
    first = alarms.standing()[0].at_us
    time.sleep(0.001)
    alarms.raise_(AlarmKind.SLOT_DROPPED, "chat", "gone, four missing", GAP)
    stands = alarms.standing()

    assert [(first, "gone, four missing", GAP)] == [(each.at_us, each.sentence, each.gap) for each in stands]


def test_raised_after_it_was_cleared_it_is_another_alarm(alarms):
    alarms.raise_(AlarmKind.SLOT_LOST, "chat", "once", Gap())
    alarms.clear(alarms.standing(), "repaired")
    alarms.raise_(AlarmKind.SLOT_LOST, "chat", "twice", Gap())

    assert ["twice"] == [each.sentence for each in alarms.standing()]
    assert ["once", "twice"] == [each.sentence for each in alarms.told()]


def test_alarms_about_different_connectors_are_different(alarms):
    alarms.raise_(AlarmKind.SLOT_LOST, "chat", "", Gap())
    alarms.raise_(AlarmKind.SLOT_LOST, "authentication", "", Gap())
    alarms.clear([alarms.stands(AlarmKind.SLOT_LOST, "chat")], "repaired")

    assert ["authentication"] == [each.about for each in alarms.standing()]


def test_only_what_does_not_pass_by_itself_puts_a_connector_out_of_place(alarms):
    alarms.raise_(AlarmKind.SLOT_AT_RISK, "chat", "", Gap())
    alarms.raise_(AlarmKind.OFFSETS_LOST, "authentication", "", Gap())

    assert {"authentication"} == alarms.out_of_place()


async def test_who_waits_for_an_alarm_is_told_which_stand_instead(alarms):
    alarms.raise_(AlarmKind.SLOT_LOST, "chat", "", Gap())
    await alarms.raised(AlarmKind.SLOT_LOST)()

    with pytest.raises(NotReadyError, match="no alarm offsets_lost; standing: slot_lost"):
        await alarms.raised(AlarmKind.OFFSETS_LOST)()
    with pytest.raises(NotReadyError):
        await alarms.raised(AlarmKind.SLOT_LOST, since_us=time.time_ns() // 1_000)()


def test_a_line_that_is_half_written_is_left_for_later(alarms):
    alarms.raise_(AlarmKind.SLOT_LOST, "chat", "", Gap())
    with alarms.path.open("ab") as file:
        file.write(b'{"do":"clear","kind":"slot_lo')

    assert 1 == len(alarms.standing())


def test_a_gap_says_which_rooms_sequences_and_what_part_of_the_log():
    assert "4 events of 1 rooms (r1 4–6+9); log 0/1852930 to 0/1852DA8" == str(GAP)
    assert "no event is missing yet" == str(Gap())
    assert "up to 2 changed rows of sessions" == str(Gap(rows={"sessions": 2, "profiles": 0}))
    assert "2 changed rows of sessions" == str(Gap(rows={"sessions": 2}, certain=True))


def test_of_many_rooms_a_sentence_names_some():
    rooms = {f"r{number}": [(1, 1)] for number in range(5)}

    assert "5 events of 5 rooms (r0 1, r1 1, r2 1 …)" == str(Gap(rooms=rooms, events=5))


def test_a_gap_names_every_event():
    assert [("r1", 4), ("r1", 5), ("r1", 6), ("r1", 9)] == list(GAP.named())


def test_numbers_become_ranges():
    assert [(1, 3), (5, 5), (7, 8)] == ranges_of([1, 2, 3, 5, 7, 8])
    assert [] == ranges_of([])


def test_a_place_in_the_log_is_written_as_postgresql_writes_it():
    assert "1/2A" == lsn_text((1 << 32) + 0x2A)
