"""A checker judges one promise from what a run recorded, and nothing else: no network, no clock, no file.

That is why each one can be tested with hand-written histories: a saboteur's, which it must convict, an honest one,
which it must acquit, and an empty one, about which it must say that nothing was proved.
"""

import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from veigo.checkers.excerpt import excerpt
from veigo.checkers.ledger import Ledger
from veigo.history import Record
from veigo.verdict import Finding, Judgement, Verdict, combine

EVIDENCE_MAX = 20


# What the checkers can speak of: the page cache of a killed process survives, and no machine was switched off.
CRASHES = "processes die, stand still or are cut off, and come back; no disk is lost and no machine loses power"


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One way in which a promise was broken, and the fewest records of the history that show it."""

    what: str
    shown_by: tuple[Record, ...] = ()


class Checker(ABC):
    """The judge of one promise."""

    # The promise in one sentence, as a user would put it.
    promise: ClassVar[str]
    # What it finds where the promise is broken, by the name the field has for it where there is one.
    anomaly: ClassVar[str]
    # The faults under which the promise is made.
    fault_model: ClassVar[str] = CRASHES

    @abstractmethod
    def check(self, ledger: Ledger) -> Finding:
        """Judge what was seen."""

    def concerns(self, ledger: Ledger) -> bool:  # noqa: ARG002 - most concern every run
        """Whether a run had anything to do with the promise; where it had not, nobody need ask."""
        return True

    def convicted(self, ledger: Ledger, summary: str, anomalies: Sequence[Anomaly]) -> Finding:
        """The promise was broken; the excerpt shows the first time."""
        shown = excerpt(ledger, anomalies[0].shown_by)
        return self._finding(Verdict.VIOLATED, summary, [anomaly.what for anomaly in anomalies], shown)

    def holds(self, summary: str) -> Finding:
        """The promise was put to the test, and kept."""
        return self._finding(Verdict.HOLDS, summary, ())

    def violated(self, summary: str, evidence: Sequence[str]) -> Finding:
        """The promise was broken, and here is where."""
        return self._finding(Verdict.VIOLATED, summary, evidence)

    def inconclusive(self, summary: str, evidence: Sequence[str] = ()) -> Finding:
        """Nothing was proved either way, and this is why."""
        return self._finding(Verdict.INCONCLUSIVE, summary, evidence)

    def _finding(self, verdict: Verdict, summary: str, evidence: Sequence[str], shown: tuple[str, ...] = ()) -> Finding:
        return Finding(
            promise=self.promise,
            verdict=verdict,
            summary=summary,
            evidence=tuple(evidence[:EVIDENCE_MAX]),
            evidence_total=len(evidence),
            excerpt=shown,
            fault_model=self.fault_model,
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
