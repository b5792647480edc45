"""Each measure of the scoreboard is well formed: a question, sides that are all used, and a sentence on top."""

import importlib

import pytest

from bench import catalogue
from bench.measure import problems_of
from veigo.stack.problem import StackError


@pytest.mark.parametrize("name", catalogue.names())
def test_a_measure_is_well_formed(name):
    """It bears its file's name, compares what it describes, and asks a question."""
    (measure,) = catalogue.chosen([name])

    assert name == measure.name
    assert [] == problems_of(measure)
    assert (importlib.import_module(f"bench.measures.{name}").__doc__ or "").split("\n\n")[0].strip().endswith(".")


def test_there_are_measures():
    """An empty scoreboard would be well formed."""
    assert "authorization" in catalogue.names()


def test_an_unknown_measure_is_refused_by_name():
    """And the sentence says where to look."""
    with pytest.raises(StackError, match=r"wings.*bench list"):
        catalogue.chosen(["wings"])
