"""When a standby may take over: at once when the lease is free, else when its beat has stood still for long enough."""

import pytest

from services.aggregator.lease import TAKEN_OVER_AFTER_S, Watch


def test_a_lease_that_was_let_go_is_free_at_once():
    assert Watch().may_take(None, 7, 100.0)


def test_a_beating_lease_is_never_taken():
    watch = Watch()

    assert not any(watch.may_take("other", beat, 100.0 + beat) for beat in range(20))


@pytest.mark.parametrize(("waited_s", "free"), [(TAKEN_OVER_AFTER_S - 0.01, False), (TAKEN_OVER_AFTER_S, True)])
def test_a_lease_that_stands_still_is_free_after_a_while(waited_s, free):
    watch = Watch()
    watch.may_take("other", 7, 100.0)

    assert free == watch.may_take("other", 7, 100.0 + waited_s)


def test_what_a_standby_saw_first_says_nothing_about_how_long_it_was_so():
    """It may have come a moment after the beat."""
    assert not Watch().may_take("other", 7, 1e9)
