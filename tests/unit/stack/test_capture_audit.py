"""An event is missing when the topic has gone on past it; until then it is on its way."""

from stack.capture_audit import Audit

ONE, TWO = ("room", 1), ("room", 2)


def test_what_arrives_is_never_missing():
    audit = Audit()
    audit.missing([ONE], now_us=10, captured=[], heartbeat_us=5)

    assert [] == audit.missing([ONE], now_us=20, captured=[ONE], heartbeat_us=15)
    assert [] == audit.missing([ONE], now_us=30, captured=[ONE], heartbeat_us=25)


def test_while_nothing_comes_through_nothing_is_called_missing():
    """Capture that stands still is late, not lossy; another alarm says that it stands still."""
    audit = Audit()

    assert not any(audit.missing([ONE], now_us=now, captured=[], heartbeat_us=5) for now in range(10, 1_000, 10))


def test_an_event_the_topic_went_past_is_missing_and_told_once():
    audit = Audit()
    told = [audit.missing([ONE, TWO], now_us=now, captured=[TWO], heartbeat_us=now - 5) for now in range(10, 60, 10)]

    assert [[], [], [ONE], [], []] == told


def test_a_heartbeat_has_to_be_seen_for_two_looks():
    """Two partitions may be written a moment apart: what comes with the next look was only late."""
    audit = Audit()
    audit.missing([ONE], now_us=10, captured=[], heartbeat_us=5)
    audit.missing([ONE], now_us=20, captured=[], heartbeat_us=15)

    assert [] == audit.missing([ONE], now_us=30, captured=[ONE], heartbeat_us=25)


def test_an_event_stays_suspect_after_it_has_left_the_window():
    audit = Audit()
    audit.missing([ONE], now_us=10, captured=[], heartbeat_us=5)
    audit.missing([], now_us=20, captured=[], heartbeat_us=15)

    assert [ONE] == audit.missing([], now_us=30, captured=[], heartbeat_us=25)
