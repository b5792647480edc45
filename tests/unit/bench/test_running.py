"""Sides run by turns in an order from the seed; whatever goes wrong is in the result and not an exception."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from bench.measure import Measure, Ratio, Unable, Void
from bench.running import drawn_order, taken
from bench.site import Site

SIDES = {"a": "one", "b": "another", "c": "a third"}


def measure(repeat, *, within_s=5.0, sides=SIDES):
    """A measure whose every side does this, given its name."""

    @asynccontextmanager
    async def opened(_site):
        yield {name: (lambda name=name: repeat(name)) for name in sides}

    ratios = (Ratio("p50", ("a",), ("b", "c"), "p50_ms"),)
    return Measure(name="m", question="?", sides=SIDES, ratios=ratios, opened=opened, within_s=within_s)


async def one(_name):
    return {"p50_ms": 1.0}


async def test_every_repetition_runs_every_side_once(tmp_path):
    """In the order that is written down."""
    ran = []

    async def repeat(name):
        ran.append(name)
        return {"p50_ms": 1.0}

    found = await taken(measure(repeat), Site(tmp_path), 6)

    assert ran == [side for repetition in found.repetitions for side in repetition.order]
    assert all(set(SIDES) == set(repetition.figures) for repetition in found.repetitions)
    assert 1 < len({repetition.order for repetition in found.repetitions})


def test_the_same_seed_draws_the_same_orders(tmp_path):
    """A run can be had again."""

    def orders(seed):
        return [drawn_order(measure(one), Site(tmp_path, seed), number) for number in range(8)]

    assert orders(3) == orders(3)
    assert orders(3) != orders(4)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Void("2 messages were lost"), "void: 2 messages were lost"),
        (Unable("there is no gcc; apt-get install gcc"), "there is no gcc; apt-get install gcc"),
        (ExceptionGroup("sends", [Void("a send was refused")]), "void: a send was refused"),
        (KeyError("p50"), "it failed: KeyError: 'p50'"),
    ],
    ids=lambda one: type(one).__name__,
)
async def test_what_goes_wrong_ends_the_measure_and_is_told(error, told, tmp_path):
    """The repetitions before it are kept, raw."""
    rounds = []

    async def repeat(name):
        rounds.append(name)
        if len(rounds) > 3:
            raise error
        return {"p50_ms": 1.0}

    found = await taken(measure(repeat), Site(tmp_path), 5)

    assert told == found.why_not
    assert 1 == len(found.repetitions)


async def test_a_side_that_does_not_end_is_void(tmp_path):
    """Nobody waits for it for ever."""

    async def repeat(_name):
        await asyncio.Event().wait()

    found = await taken(measure(repeat, within_s=0.01), Site(tmp_path), 5)

    assert "was not done within 0.01 s" in found.why_not


async def test_sides_must_be_those_that_are_described(tmp_path):
    """A forgotten one would be a hole in the table."""
    found = await taken(measure(one, sides={"a": "", "b": ""}), Site(tmp_path), 5)

    assert "c" in found.why_not
