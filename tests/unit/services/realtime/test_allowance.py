"""A client's allowance of frames: a burst at once, a rate in the long run."""

from services.realtime.allowance import Allowance


def test_a_burst_is_allowed_at_once_and_not_one_more():
    allowance = Allowance(per_s=50, burst=100, left=100, counted_at_s=0)

    assert [allowance.take(0) for _ in range(101)] == [True] * 100 + [False]


def test_the_rate_is_allowed_for_ever():
    allowance = Allowance(per_s=50, burst=100, left=100, counted_at_s=0)

    assert all(allowance.take(number / 50) for number in range(10_000))


def test_beyond_the_rate_the_burst_is_used_up():
    """At 60 a second against 50, a burst of 100 lasts ten seconds: 600 frames."""
    allowance = Allowance(per_s=50, burst=100, left=100, counted_at_s=0)

    refused = next(number for number in range(10_000) if not allowance.take(number / 60))

    assert 590 <= refused <= 600


def test_idling_saves_up_no_more_than_the_burst():
    allowance = Allowance(per_s=50, burst=100, left=0, counted_at_s=0)

    assert sum(allowance.take(3_600) for _ in range(1_000)) == 100


def test_a_clock_set_back_refills_nothing():
    allowance = Allowance(per_s=50, burst=100, left=0, counted_at_s=1_000)

    assert not allowance.take(500)
    assert allowance.take(500.5)
