"""The scoreboard's code runs on a real stack: every side does what it says. Nothing is judged by how long it took."""

import pytest

from bench import catalogue
from bench.running import taken
from bench.scoring import scores
from bench.site import Site
from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.stack.stack import Stack

SIZE = 0.05


@pytest.mark.parametrize("name", ["send_delivered", "cdc_hop"])
async def test_a_measure_measures_all_its_sides(name, stack, tmp_path):
    """Each gives figures, a ratio is made of them, and clearing up meets no error."""
    (measure,) = catalogue.chosen([name])
    found = Stack.existing(TOPOLOGY, toolchain(), stack.name)

    done = await taken(measure, Site(tmp_path, size=SIZE, found=found), 1)

    assert "" == done.why_not
    assert all(score.median and score.median > 0 for score in scores(measure, done).values())
