"""Work is begun at its time whatever becomes of what was begun before, and its figures are percentiles."""

import itertools
import threading
import time

from bench.blocks import at_a_rate, figures_of, one_after_another


async def test_times_lie_at_even_distances_and_none_comes_early():
    """They are when something is meant to begin, not when it happened to."""
    began_ns = time.monotonic_ns()
    times = []
    async for intended_ns in at_a_rate(500, 0.02):
        assert intended_ns <= time.monotonic_ns()
        times.append(intended_ns)

    assert 10 == len(times)
    assert began_ns <= times[0]
    assert {2_000_000} == {later - earlier for earlier, later in itertools.pairwise(times)}


async def test_whoever_is_late_is_given_the_time_that_was_meant():
    """So that waiting for the slow one before it counts as latency."""
    times = []
    async for intended_ns in at_a_rate(1000, 0.005):
        if not times:
            time.sleep(0.02)  # noqa: ASYNC251 - a machine that stands still
        times.append((intended_ns, time.monotonic_ns()))

    assert all(came - meant >= 10_000_000 for meant, came in times[1:])


async def test_leaving_early_ends_the_thread_that_keeps_the_time():
    """A block that became void leaves nothing behind."""
    pace = at_a_rate(1, 1000)
    await anext(pace)
    await pace.aclose()

    assert "pace" not in {thread.name for thread in threading.enumerate()}


async def test_one_after_another_goes_on_for_its_time():
    """Once at the least."""
    done = []

    async def work():
        done.append(1)

    took_ms = await one_after_another(work, 0.01)

    assert len(done) == len(took_ms) > 1


def test_figures_are_percentiles_of_what_was_measured():
    """Nearest rank, and how many there were."""
    samples = [float(number) for number in range(100, 0, -1)]

    assert {"p50_ms": 50.0, "p99_ms": 99.0, "samples": 100.0} == figures_of(samples)
    assert {"late_p50_ms": 0.0, "late_p99_ms": 0.0, "late_samples": 0.0} == figures_of([], "late_")
