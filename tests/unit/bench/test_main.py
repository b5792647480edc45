"""The command line refuses what it cannot do, and a measure that cannot be built keeps no other from being built."""

import pytest

from bench.__main__ import build, main
from bench.measure import Measure, Unable
from veigo.stack.problem import StackError


def measure(name, built):
    return Measure(name=name, question="?", sides={}, ratios=(), opened=lambda _: None, build=built)


@pytest.mark.parametrize(
    "words",
    [["--size", "0"], ["--size", "2"], ["--size", "x"], ["--repetitions", "0"], ["--repetitions", "-1"]],
    ids=" ".join,
)
def test_numbers_that_make_no_sense_are_refused(words, capsys):
    """Before anything is started."""
    with pytest.raises(SystemExit) as refused:
        main(words)

    assert 2 == refused.value.code
    assert "give a" in capsys.readouterr().err


def test_an_unknown_measure_is_refused(capsys):
    """In one sentence."""
    assert 2 == main(["wings"])
    assert "no measure is called wings" in capsys.readouterr().err


def test_the_list_says_what_each_asks(capsys):
    """A line each."""
    assert 0 == main(["list"])
    assert "authorization" in capsys.readouterr().out


@pytest.mark.parametrize("error", [StackError("npm is missing"), Unable("npm is missing")], ids=repr)
async def test_what_cannot_be_built_is_said_and_the_others_are(error, capsys):
    """The exit code says that something is missing."""
    built = []

    async def fails():
        raise error

    async def works():
        built.append("works")

    code = await build([measure("a", fails), measure("b", works), measure("c", None)])

    assert 2 == code
    assert ["works"] == built
    assert "npm is missing" in capsys.readouterr().out
