"""The knee is the last step before the first that broke, and what a late generator measured is no knee."""

import pytest

from veigo.load.knee import MESSAGES_MIN, Broke, Step, knee


def step(offered, achieved=None, p99_ms=20.0, messages=1000, kept_up=True):
    return Step(offered, offered if achieved is None else achieved, p99_ms, messages, kept_up)


CALM = [step(10), step(20), step(40, p99_ms=60)]


@pytest.mark.parametrize(
    ("broken", "how"),
    [
        (step(80, achieved=60), Broke.ACHIEVED),
        (step(80, p99_ms=251), Broke.LATENCY),
        (step(80, p99_ms=None), Broke.LATENCY),
        (step(80, achieved=60, p99_ms=900, kept_up=False), Broke.GENERATOR),
    ],
)
def test_the_step_before_the_first_broken_one_is_the_knee(broken, how):
    found = knee([*CALM, broken, step(160, achieved=10), step(320)])

    assert (CALM[-1], broken, how) == (found.last_held, found.broken, found.how)


def test_what_holds_beyond_two_broken_steps_holds_nothing():
    assert knee([*CALM, step(80, achieved=1), step(160, achieved=1), step(320)]).last_held == CALM[-1]


@pytest.mark.parametrize("hiccup", [step(80, achieved=1), step(80, p99_ms=900), step(80, kept_up=False)])
def test_one_bad_step_between_good_ones_is_a_hiccup(hiccup):
    found = knee([*CALM, hiccup, step(160)])

    assert (step(160), None) == (found.last_held, found.broken)


def test_a_bad_step_at_the_end_is_the_end_unless_there_is_more_to_come():
    assert knee([*CALM, step(80, achieved=1)]).broken == step(80, achieved=1)
    assert knee([*CALM, step(80, achieved=1)], more_to_come=True).broken is None


def test_ten_times_slower_than_at_first_is_broken_only_where_that_is_slow():
    assert knee([step(10, p99_ms=5), step(20, p99_ms=100)]).broken is None
    assert knee([step(10, p99_ms=60), step(20, p99_ms=550)]).broken is None
    assert knee([step(10, p99_ms=60), step(20, p99_ms=650)]).how is Broke.LATENCY


def test_without_a_broken_step_there_is_no_knee_and_it_says_so():
    assert str(knee(CALM)).startswith("no knee up to 40 messages/s")
    assert "nothing was measured" == str(knee([]))


def test_a_first_step_that_broke_is_told():
    assert "already the first step broke" in str(knee([step(80, achieved=1)]))


def test_a_step_of_few_messages_says_nothing():
    assert knee([*CALM, step(80, achieved=1, messages=MESSAGES_MIN - 1)]).broken is None


def test_the_sentence_names_both_sides():
    assert (
        "the knee is at 40 messages/s (40 achieved, p99 60 ms); at 80 messages/s (60 achieved, p99 20 ms) it did less"
        " than was asked" == str(knee([*CALM, step(80, achieved=60)]))
    )
