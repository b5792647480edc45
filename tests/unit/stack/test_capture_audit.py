"""An event is missing when Connect has stored a place beyond it; until then it is on its way."""

from stack.capture_audit import Audit

ONE, TWO = ("room", 1), ("room", 2)


def test_what_arrives_is_never_missing():
    audit = Audit()
    audit.missing([ONE], log_end_lsn=10, captured=[], stored_lsn=5)

    assert [] == audit.missing([ONE], log_end_lsn=20, captured=[ONE], stored_lsn=15)
    assert [] == audit.missing([ONE], log_end_lsn=30, captured=[ONE], stored_lsn=25)


def test_while_nothing_comes_through_nothing_is_called_missing():
    """Capture that stands still is late, not lossy; another alarm says that it stands still."""
    audit = Audit()

    assert not any(audit.missing([ONE], log_end_lsn=end, captured=[], stored_lsn=5) for end in range(10, 1_000, 10))


def test_what_a_flood_holds_up_is_not_missing_however_many_others_came():
    """A partition with much to write is written long after another; Connect stores no place beyond what waits."""
    audit = Audit()
    told = [audit.missing([ONE, TWO], log_end_lsn=end, captured=[TWO], stored_lsn=9) for end in range(10, 100, 10)]

    assert not any(told)


def test_an_event_that_the_stored_place_is_beyond_is_missing_and_told_once():
    audit = Audit()
    told = [audit.missing([ONE, TWO], log_end_lsn=end, captured=[TWO], stored_lsn=end - 5) for end in range(10, 60, 10)]

    assert [[], [ONE], [], [], []] == told


def test_a_place_that_was_stored_before_an_event_was_seen_says_nothing_of_it():
    """It may have been committed anywhere before the log's end as it was then."""
    audit = Audit()
    audit.missing([ONE], log_end_lsn=10, captured=[], stored_lsn=5)

    assert [] == audit.missing([ONE], log_end_lsn=20, captured=[], stored_lsn=9)
    assert [ONE] == audit.missing([ONE], log_end_lsn=20, captured=[], stored_lsn=10)


def test_an_event_stays_suspect_after_it_has_left_the_window():
    audit = Audit()
    audit.missing([ONE], log_end_lsn=10, captured=[], stored_lsn=5)

    assert [ONE] == audit.missing([], log_end_lsn=20, captured=[], stored_lsn=15)
