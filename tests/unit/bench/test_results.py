"""Results of one day stand in one file, with everything that was measured; a table shows the losses too."""

from datetime import UTC, date, datetime

import pytest

from bench import results, table
from bench.measure import Goal, Measure, Ratio
from bench.results import Results
from bench.scoring import Repetition, Standing, Taken
from veigo.stack.problem import StackError

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
MACHINE = {"cpu": "A processor", "cores": 2, "memory_mib": 24576, "kernel": "Linux 6"}
MEASURE = Measure(
    name="some_hop",
    question="How long?",
    sides={"ours": "us", "theirs": "them"},
    ratios=(
        Ratio("p50", ("ours",), ("theirs",), "p50_ms", Goal(at_most=2.0)),
        Ratio("p99", ("ours",), ("theirs",), "p99_ms", Goal(at_most=1.0)),
        Ratio("mean", ("ours",), ("theirs",), "mean_ms"),
    ),
    opened=lambda _: None,
    versions={"theirs": "6.9.1"},
)
FIGURES = {
    "ours": {"p50_ms": 1.5, "p99_ms": 1234.5, "mean_ms": 3.0},
    "theirs": {"p50_ms": 1.0, "p99_ms": 1.0, "mean_ms": 1.0},
}
TAKEN = Taken((Repetition(("theirs", "ours"), FIGURES),) * 5)


def result(found=TAKEN, *, size=1.0, commit="abc"):
    return results.result(MEASURE, found, at=AT, commit=commit, seed=7, size=size)


def day(*, machine=MACHINE, **measures):
    return Results(date="2026-11-25", machine=machine, versions={"python": "3.11"}, measures=measures)


def test_what_is_written_is_read_again_whole(tmp_path):
    """Raw figures, order, seed and sources included."""
    path = results.path_of(date(2026, 11, 25), tmp_path)
    results.write(day(some_hop=result()), path)

    read = results.read(path)

    assert day(some_hop=result()) == read
    assert ("theirs", "ours") == read.measures["some_hop"].repetitions[0].order
    assert 1234.5 == read.measures["some_hop"].repetitions[4].figures["ours"]["p99_ms"]
    assert (7, "abc") == (read.measures["some_hop"].seed, read.measures["some_hop"].commit)


def test_measures_of_one_day_stand_beside_each_other():
    """Whatever command took them."""
    both = results.merged(day(one=result()), day(two=result()))

    assert ["one", "two"] == list(both.measures)


def test_a_measure_taken_again_replaces_what_it_was():
    """The table shows the newest."""
    both = results.merged(day(one=result(commit="old")), day(one=result(commit="new")))

    assert "new" == both.measures["one"].commit


def test_figures_of_two_machines_are_not_put_together():
    """Another machine begins anew."""
    other = results.merged(day(one=result()), day(machine=MACHINE | {"cores": 64}, two=result()))

    assert ["two"] == list(other.measures)


def test_the_newest_day_is_found(tmp_path):
    """By its name."""
    for one in (date(2026, 11, 24), date(2026, 11, 25), date(2025, 12, 1)):
        results.write(day(some_hop=result()), results.path_of(one, tmp_path))

    assert "2026-11-25.json" == results.newest(tmp_path).name


@pytest.mark.parametrize("broken", [results.newest, lambda p: results.read(p / "none.json")])
def test_no_results_are_said_in_a_sentence(broken, tmp_path):
    """And not with a trace."""
    with pytest.raises(StackError, match="results"):
        broken(tmp_path)


def test_the_table_shows_goals_reached_and_not():
    """Losses stand where wins do."""
    rows = table.table(day(some_hop=result())).splitlines()

    assert "| some hop, p50 | ours: 1.5 ms | theirs: 1 ms | **1.5** (1.5–1.5) | ≤ 2 | ✓ |" == rows[2]
    assert (
        "| some hop, p99 | ours: 1,234 ms | theirs: 1 ms | **1,234** (1,234–1,234) | ≤ 1 | ✗ not reached |" == rows[3]
    )
    assert "| some hop, mean | ours: 3 ms | theirs: 1 ms | **3** (3–3) |  |  |" == rows[4]
    assert rows[:4] == table.table(day(some_hop=result()), of_goals=True).splitlines()


def test_the_table_says_why_something_was_not_measured():
    """An empty place in a table looks like a zero."""
    void = result(Taken(TAKEN.repetitions[:2], "void: 3 messages were lost"))

    assert "not measured: void: 3 messages were lost" in table.table(day(some_hop=void))


def test_a_try_is_no_result():
    """Shorter blocks show that the code runs, and nothing else."""
    assert {Standing.NOT_MEASURED} == {line.standing for line in result(size=0.1).lines}


def test_the_page_says_what_was_measured_on_what():
    """Machine, sides, versions, seed and sources."""
    page = table.page(day(some_hop=result()))

    for told in (
        "A processor, 2 cores, 24 GiB",
        "*theirs*: them",
        "theirs 6.9.1",
        "seed 7, sources abc",
        "python 3.11",
    ):
        assert told in page
