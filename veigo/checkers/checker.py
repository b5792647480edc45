"""A checker judges one promise from what a run recorded, and nothing else: no network, no clock, no file.

That is why each one can be tested with hand-written histories: a saboteur's, which it must convict, an honest one,
which it must acquit, and an empty one, about which it must say that nothing was proved.
"""

import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar

from veigo.checkers.ledger import Ledger
from veigo.verdict import Finding, Judgement, Verdict, combine

EVIDENCE_MAX = 20


class Checker(ABC):
    """The judge of one promise."""

    # The promise in one sentence, as a user would put it.
    promise: ClassVar[str]

    @abstractmethod
    def check(self, ledger: Ledger) -> Finding:
        """Judge what was seen."""

    def holds(self, summary: str) -> Finding:
        """The promise was put to the test, and kept."""
        return self._finding(Verdict.HOLDS, summary, ())

    def violated(self, summary: str, evidence: Sequence[str]) -> Finding:
        """The promise was broken, and here is where."""
        return self._finding(Verdict.VIOLATED, summary, evidence)

    def inconclusive(self, summary: str, evidence: Sequence[str] = ()) -> Finding:
        """Nothing was proved either way, and this is why."""
        return self._finding(Verdict.INCONCLUSIVE, summary, evidence)

    def _finding(self, verdict: Verdict, summary: str, evidence: Sequence[str]) -> Finding:
        return Finding(
            promise=self.promise,
            verdict=verdict,
            summary=summary,
            evidence=tuple(evidence[:EVIDENCE_MAX]),
            evidence_total=len(evidence),
        )


def judge(checkers: Iterable[Checker], ledger: Ledger) -> Judgement:
    """Ask every checker and add their findings up."""
    findings = tuple(_ask(checker, ledger) for checker in checkers)
    return Judgement(verdict=combine(finding.verdict for finding in findings), findings=findings)


def _ask(checker: Checker, ledger: Ledger) -> Finding:
    try:
        return checker.check(ledger)
    except Exception as error:  # noqa: BLE001 - a crashed checker, however it crashed, has proved nothing
        trace = traceback.format_exc().splitlines()
        return checker.inconclusive(f"the checker crashed ({error!r}), which is a bug of the harness", trace)
