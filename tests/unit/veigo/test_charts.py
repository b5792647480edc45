"""Charts are positions in percent, computed from the samples and nothing else."""

import pytest

from veigo.charts import LogScale, histogram, milliseconds, scatter


def test_a_scale_goes_from_round_number_to_round_number():
    assert LogScale.over([3.1, 170]) == LogScale(2, 200)


def test_a_scale_over_one_value_or_none_still_has_a_length():
    assert LogScale.over([5]) == LogScale(5, 50)
    assert LogScale.over([]).at(1) == 0


def test_equal_ratios_are_equal_distances():
    scale = LogScale(1, 1000)

    assert [round(scale.at(value), 6) for value in (1, 10, 100, 1000)] == [0, 33.333333, 66.666667, 100]
    assert scale.back(scale.at(42)) == pytest.approx(42)


@pytest.mark.parametrize(("value", "at"), [(-0.3, 0), (0, 0), (5_000, 100)])
def test_what_lies_outside_is_put_on_the_end(value, at):
    assert LogScale(1, 1000).at(value) == at


def test_every_sample_is_in_one_bin_of_the_histogram():
    bars = histogram([1, 1, 1, 10, 100], LogScale(1, 100))

    assert sum(int(bar.label.rsplit(" ", 1)[1]) for bar in bars) == 5
    assert max(bar.height for bar in bars) == 100


def test_a_scatter_has_one_dot_for_each_message():
    drawn = scatter([(0, 10), (10, 100)])

    assert drawn.dots == "M0.00 100.00h0M100.00 0.00h0"
    assert [tick.label for tick in drawn.x_ticks] == ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s"][: len(drawn.x_ticks)]


@pytest.mark.parametrize(
    ("value", "worded"),
    [(None, "–"), (0.4567, "0.457 ms"), (12.345, "12.3 ms"), (123.4, "123 ms"), (1234, "1.23 s"), (99.96, "100 ms")],
)
def test_a_latency_has_the_digits_that_mean_something(value, worded):
    assert milliseconds(value) == worded
