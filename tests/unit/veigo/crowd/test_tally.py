"""What a crowd counts: deliveries, repetitions, gaps, latencies, and sums over processes."""

import pytest

from veigo.crowd.tally import REASONS_MAX, Tally, added, mark


def hear(tally, *numbers, group="g", latency_ms=1.0):
    last = 0
    for number in numbers:
        payload = f'{{"content":"{mark(group, number, 1_000)}"}}'.encode()
        last = tally.heard(payload, last, 1_000 + round(latency_ms * 1e6))
    return last


def test_each_message_counts_once():
    tally = Tally()

    assert 3 == hear(tally, 1, 2, 3)
    assert (3, 0, 0) == (tally.groups["g"].count, tally.groups["g"].repeated, tally.groups["g"].missed)


def test_one_that_comes_again_or_late_is_repeated():
    tally = Tally()
    hear(tally, 1, 2, 2, 1)

    assert (2, 2) == (tally.groups["g"].count, tally.groups["g"].repeated)


def test_what_was_overtaken_is_missed():
    tally = Tally()
    hear(tally, 1, 4)

    assert 2 == tally.groups["g"].missed


def test_a_frame_without_a_mark_is_nobodys():
    tally = Tally()

    assert 5 == tally.heard(b'{"type":"JOINED"}', 5, 0)
    assert {} == tally.groups


@pytest.mark.parametrize("latency_ms", [0.02, 1.0, 7.3, 250.0, 30_000.0])
def test_a_latency_is_told_to_two_percent(latency_ms):
    tally = Tally()
    hear(tally, 1, latency_ms=latency_ms)

    assert latency_ms == pytest.approx(tally.groups["g"].percentile_ms(50), rel=0.02)


def test_percentiles_are_of_all_processes_together():
    """Nine fast deliveries here, one slow one there."""
    here, there = Tally(), Tally()
    hear(here, *range(1, 10), latency_ms=1.0)
    hear(there, 1, latency_ms=100.0)
    both = added([here, there]).groups["g"]

    assert 10 == both.count
    assert 1.0 == pytest.approx(both.percentile_ms(90), rel=0.02)
    assert 100.0 == pytest.approx(both.percentile_ms(91), rel=0.02)


def test_nothing_delivered_has_no_percentile():
    assert Tally().groups.get("g") is None
    tally = Tally()
    hear(tally, 1)
    tally.groups["g"].buckets.clear()
    assert tally.groups["g"].percentile_ms(50) is None


def test_sums_leave_what_they_add_as_it_was():
    one = Tally(settled=2, open=2, lost={"a": 1})

    assert {"a": 2} == added([one, one]).lost
    assert {"a": 1} == one.lost
    assert 4 == added([one, one]).settled


def test_a_reason_is_one_whatever_room_it_names():
    tally = Tally()
    for room in ("01a21576-032f-7f5e-9f64-34a658287677", "01a21576-0219-7f23-a0e3-26e2d042ec7c"):
        tally.lose(f"refused: not to {room}")

    assert {"refused: not to …": 2} == tally.lost


def test_reasons_are_bounded():
    tally = Tally()
    for number in range(3 * REASONS_MAX):
        tally.lose(f"reason {number}")

    assert REASONS_MAX + 1 == len(tally.lost)
    assert 3 * REASONS_MAX == sum(tally.lost.values())
