"""Judging: every checker is asked, and one that crashes proves nothing."""

import pytest

from veigo.checkers.checker import EVIDENCE_MAX, Checker, judge
from veigo.checkers.ledger import Ledger
from veigo.verdict import Finding, Verdict


class Acquits(Checker):
    promise = "acquits"

    def check(self, ledger: Ledger) -> Finding:
        return self.holds("fine")


class Convicts(Checker):
    promise = "convicts"

    def check(self, ledger: Ledger) -> Finding:
        return self.violated("wrong", [f"line {number}" for number in range(100)])


class Crashes(Checker):
    promise = "crashes"

    def check(self, ledger: Ledger) -> Finding:
        raise KeyError("oops")


@pytest.mark.parametrize(
    ("checkers", "verdict"),
    [
        ([], Verdict.INCONCLUSIVE),
        ([Acquits()], Verdict.HOLDS),
        ([Acquits(), Crashes()], Verdict.INCONCLUSIVE),
        ([Acquits(), Crashes(), Convicts()], Verdict.VIOLATED),
    ],
)
def test_a_judgement_is_the_worst_of_its_findings(checkers, verdict):
    assert judge(checkers, Ledger()).verdict == verdict


def test_a_crashed_checker_says_so():
    finding = judge([Crashes()], Ledger()).findings[0]

    assert "the checker crashed (KeyError('oops'))" in finding.summary
    assert finding.evidence


def test_evidence_is_cut_but_counted():
    finding = judge([Convicts()], Ledger()).findings[0]

    assert (len(finding.evidence), finding.evidence_total) == (EVIDENCE_MAX, 100)
