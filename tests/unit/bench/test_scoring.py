"""Ratios are made within a repetition, scored by their median, and not scored at all when something is wrong."""

import pytest

from bench.measure import Goal, Ratio
from bench.scoring import REPETITIONS_MIN, Repetition, Standing, Taken, score, standing_of

RATIO = Ratio("p50", over=("ours",), under=("commit", "echo"), figure="p50_ms", goal=Goal(at_most=2.0))


def taken(*rounds, why_not=""):
    """Make repetitions of (ours, commit, echo)."""
    names = ("ours", "commit", "echo")
    return Taken(
        tuple(
            Repetition(names, {name: {"p50_ms": value} for name, value in zip(names, values, strict=True)})
            for values in rounds
        ),
        why_not,
    )


def test_sides_are_added_and_divided_within_each_repetition():
    """A repetition on a slow moment of the machine is divided by the same slow moment."""
    scored = score(RATIO, taken((6, 1, 1), (60, 10, 10), (3, 1, 1), (5, 1, 1), (4, 1, 1)))

    assert (3.0, 3.0, 1.5, 2.5, 2.0) == scored.values
    assert 2.5 == scored.median
    assert (1.5, 3.0) == scored.spread
    assert Standing.NOT_REACHED is scored.standing


def test_what_stands_above_and_below_is_told_as_medians():
    """The table shows what was divided by what."""
    scored = score(RATIO, taken((6, 1, 1), (8, 2, 2), (3, 1, 1), (5, 1, 1), (4, 1, 1)))

    assert 5 == scored.over
    assert 2 == scored.under


def test_fewer_repetitions_are_shown_and_not_scored():
    """One lucky repetition reaches nothing."""
    scored = score(RATIO, taken((1, 1, 1)))

    assert Standing.NOT_MEASURED is scored.standing
    assert 0.5 == scored.median
    assert str(REPETITIONS_MIN) in scored.why_not


def test_a_void_repetition_voids_the_measure():
    """However many went well before it."""
    scored = score(RATIO, taken(*[(1, 1, 1)] * 7, why_not="void: a message was lost"))

    assert Standing.NOT_MEASURED is scored.standing
    assert "void: a message was lost" == scored.why_not
    assert scored.median is None


def test_nothing_is_divided_by_nothing():
    """A floor of zero is a floor that was not measured."""
    scored = score(RATIO, taken(*[(1, 0, 0)] * 5))

    assert Standing.NOT_MEASURED is scored.standing


def test_no_repetition_at_all_is_not_measured():
    """Nothing is not zero."""
    scored = score(RATIO, taken())

    assert Standing.NOT_MEASURED is scored.standing
    assert scored.median is None


def test_the_figure_below_may_go_by_another_name():
    """Sends and transactions a second are the same to a ratio."""
    ratio = Ratio("rate", ("ours",), ("pgbench",), "sends_per_s", Goal(at_least=0.15), "tps_per_s")
    one = Repetition(("ours", "pgbench"), {"ours": {"sends_per_s": 30.0}, "pgbench": {"tps_per_s": 100.0}})

    assert Standing.REACHED is score(ratio, Taken((one,) * REPETITIONS_MIN)).standing


@pytest.mark.parametrize(
    ("goal", "median", "standing"),
    [
        (Goal(at_most=2.0), 2.0, Standing.REACHED),
        (Goal(at_most=2.0), 2.001, Standing.NOT_REACHED),
        (Goal(at_least=0.9), 0.9, Standing.REACHED),
        (Goal(at_least=0.9), 0.899, Standing.NOT_REACHED),
        (None, 7.0, Standing.TOLD),
    ],
    ids=str,
)
def test_a_goal_is_met_at_its_bound(goal, median, standing):
    """At most and at least include the bound; without a goal nothing is judged."""
    assert standing is standing_of(median, goal)


@pytest.mark.parametrize("bounds", [{}, {"at_most": 1.0, "at_least": 1.0}], ids=str)
def test_a_goal_has_one_side(bounds):
    """Neither none nor both."""
    with pytest.raises(ValueError, match="either"):
        Goal(**bounds)
