"""Verdicts: a promise holds, is violated, or the run proved neither.

*Inconclusive* is not a polite pass. No data, a checker that crashed, a run that was cut short: all of them exit with
a code other than 0, because a green light that nothing could have turned red is worth nothing.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec


class Verdict(StrEnum):
    """What a run showed about a promise."""

    HOLDS = "holds"
    VIOLATED = "violated"
    INCONCLUSIVE = "inconclusive"

    @property
    def exit_code(self) -> int:
        """The process exit code that says the same."""
        return {Verdict.HOLDS: 0, Verdict.VIOLATED: 1, Verdict.INCONCLUSIVE: 2}[self]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one checker found.

    Attributes:
        evidence: one line for each anomaly, or doubt; cut, and `evidence_total` says how many there were.
        excerpt: the few records of the history that show the first anomaly, in words, with their times.
        fault_model: the faults under which the promise is made.
    """

    promise: str
    verdict: Verdict
    summary: str
    evidence: tuple[str, ...] = ()
    evidence_total: int = 0
    excerpt: tuple[str, ...] = ()
    fault_model: str = ""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """All findings and what they add up to."""

    verdict: Verdict
    findings: tuple[Finding, ...]


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """Add verdicts up: one violation is a violation, one doubt leaves doubt, and nothing at all proves nothing."""
    all_of_them = set(verdicts)
    for verdict in (Verdict.VIOLATED, Verdict.INCONCLUSIVE):
        if verdict in all_of_them:
            return verdict
    return Verdict.HOLDS if all_of_them else Verdict.INCONCLUSIVE
