"""Verdicts add up: violated before inconclusive before holds, and nothing proves nothing."""

import itertools

import pytest

from veigo.verdict import Verdict, combine


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ((), Verdict.INCONCLUSIVE),
        ((Verdict.HOLDS,), Verdict.HOLDS),
        ((Verdict.HOLDS, Verdict.INCONCLUSIVE), Verdict.INCONCLUSIVE),
        ((Verdict.HOLDS, Verdict.INCONCLUSIVE, Verdict.VIOLATED), Verdict.VIOLATED),
    ],
)
def test_combining(verdicts, expected):
    for order in itertools.permutations(verdicts):
        assert combine(order) == expected


def test_only_holds_exits_with_zero():
    assert {verdict: verdict.exit_code for verdict in Verdict} == {
        Verdict.HOLDS: 0,
        Verdict.VIOLATED: 1,
        Verdict.INCONCLUSIVE: 2,
    }
