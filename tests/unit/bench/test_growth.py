"""Lines through points, and the arithmetic of a million."""

import pytest

from bench.growth import results
from bench.growth.axes import RATE
from bench.growth.capacity import BUSY_MAX, Constants, Wanted, cluster, marginal, messages_per_s_max
from bench.growth.fits import fit, medians
from bench.growth.results import Growth, Sample
from veigo.stack.problem import StackError

KNOWN = Constants(
    message_ms={"gateway": 1.0, "realtime": 0.2, "chat": 2.0, "connect": 1.5, "kafka": 0.5, "aggregator": 0.75},
    delivery_ms={"gateway": 0.006, "realtime": 0.010},
    read_ms=0.1,
    fetch_ms=0.02,
    socket_bytes={"gateway": 3_000.0, "realtime": 3_000.0},
    idle_cores={"gateway": 2e-6, "realtime": 1e-6},
    open_ms={"gateway": 1.0, "realtime": 1.0, "chat": 1.0},
)


def test_a_straight_line_is_linear():
    found = fit([(0, 1.0), (10, 2.0), (20, 3.0), (40, 5.0)])

    assert ("linear", None) == (found.shape, found.until)
    assert (0.1, 1.0, 1.0) == pytest.approx((found.slope, found.intercept, found.r2))


@pytest.mark.parametrize("costs", [(1.0, 1.0, 1.0, 1.0), (1.0, 1.05, 0.98, 1.1)])
def test_what_hardly_changes_is_flat_however_badly_a_line_fits(costs):
    assert "flat" == fit([*zip((0, 10, 20, 30), costs, strict=True)]).shape


def test_where_a_line_stops_is_told():
    """It costs nothing more up to 30, and then ever more."""
    found = fit([(0, 1.0), (10, 1.1), (20, 1.2), (30, 1.3), (40, 5.0), (50, 12.0)])

    assert ("neither", 30.0) == (found.shape, found.until)


def test_a_cloud_is_neither_and_bends_nowhere_in_particular():
    found = fit([(0, 1.0), (10, 9.0), (20, 2.0)])

    assert ("neither", None) == (found.shape, found.until)


def test_a_level_is_told_by_its_median():
    assert [(1.0, 2.0), (5.0, 7.0)] == medians([(5.0, 7.0), (1.0, 2.0), (1.0, 1.0), (1.0, 90.0)])


def test_a_million_is_worked_out_as_on_paper():
    """1,000 messages to 20 sockets each: 0.2 cores write the deliveries, and 1 keeps a million sockets alive."""
    found = cluster(KNOWN, Wanted(1_000_000, 1_000, hearers=20, return_s=60))

    assert 20 == found.realtimes  # 1.2 cores of work in processes that have 0.5 left would be three, but for the files
    assert 0.1 == pytest.approx(found.reading_busy)
    assert 1.2 + 20 * 0.1 == pytest.approx(found.cores["realtime"])
    assert 20_000 * 6e-6 + 2 + 1 == pytest.approx(found.cores["gateway"])
    assert 0.5 + 19 * 0.02 == pytest.approx(found.cores["kafka"])
    assert 2.0 == pytest.approx(found.cores["chat"])
    assert 3e9 == pytest.approx(found.memory_bytes["realtime"])
    assert 50_000 * 3e-3 / 60 == pytest.approx(found.return_cores)
    assert found.lone_busy["connect"] > BUSY_MAX


def test_work_takes_more_realtimes_than_sockets_where_much_is_said():
    found = cluster(KNOWN, Wanted(1_000_000, 5_000, hearers=97, return_s=60))

    assert 0.5 == pytest.approx(found.reading_busy)
    assert 59 == found.realtimes  # 4.85 cores of writing and 1 of keeping alive, in processes that have 0.1 left


def test_a_realtime_that_is_full_with_reading_cannot_be_helped_by_others():
    assert 0 == cluster(KNOWN, Wanted(1_000_000, 6_001, hearers=1, return_s=60)).realtimes
    assert 6_000 == pytest.approx(messages_per_s_max(KNOWN)["realtime"])


def test_what_is_full_first_is_told():
    assert {"aggregator": 800, "connect": 400, "realtime": 6_000} == pytest.approx(messages_per_s_max(KNOWN))


def test_no_figures_are_refused_with_what_to_do(tmp_path):
    with pytest.raises(StackError, match=r"python -m bench\.growth measure"):
        results.newest(tmp_path)


def test_what_goes_on_anyway_is_not_what_a_message_more_costs():
    """Five milliseconds a second of fetching and copying, and two for each message."""
    samples = [
        Sample(RATE.name, per_s, 10, 10, {"kafka": 5 / per_s + 2}, p50_ms=1.0, p99_ms=1.0) for per_s in RATE.points
    ]
    growth = Growth(date="", commit="", machine={}, versions={}, seconds=1.0, samples=samples)

    assert 2.0 == pytest.approx(marginal(growth, "kafka").slope)
