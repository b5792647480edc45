"""Whatever a member asked for was done.

The other promises are kept best by a stack that refuses everybody. This one is for runs without faults: there, a member
who is refused is a violation, and an ending nobody knows leaves a doubt.
"""

from veigo.checkers.checker import Checker
from veigo.checkers.ledger import Ledger
from veigo.outcome import Outcome
from veigo.verdict import Finding


class MembersWereLetIn(Checker):
    """No operation of a member was refused, or had no answer."""

    promise = "Whatever a member asked for was done"
    anomaly = "unavailability: a member's request that was refused"
    fault_model = "none: in a run without faults"

    def concerns(self, ledger: Ledger) -> bool:
        """Whether nothing was broken or restarted."""
        return not ledger.faults and not any(mark.startswith("restart ") for mark in ledger.marks)

    def check(self, ledger: Ledger) -> Finding:
        """Look at the ending of everything that ought to go well."""
        asked = [operation for operation in ledger.operations if operation.expected is Outcome.OK]
        if not asked:
            return self.inconclusive("no member asked for anything")

        endings: dict[Outcome, list[str]] = {outcome: [] for outcome in Outcome}
        for operation in asked:
            endings[operation.outcome].append(f"{operation.name} by {ledger.who(operation.user)}: {operation.error}")
        if refused := endings[Outcome.FAILED]:
            return self.violated(f"{len(refused)} of {len(asked)} requests were refused", refused)
        if unknown := endings[Outcome.UNKNOWN]:
            return self.inconclusive(f"{len(unknown)} of {len(asked)} requests had no answer to rely on", unknown)
        return self.holds(f"{len(asked):,} requests, all done")
