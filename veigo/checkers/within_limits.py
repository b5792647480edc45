"""A load run's figures were good enough, by the limits that it was run with.

A figure that nobody measured keeps no limit, and neither do the figures of a generator that could not keep up.
"""

from veigo.checkers.checker import Checker
from veigo.checkers.ledger import Ledger
from veigo.load.keeping_up import doubts
from veigo.load.measures import Measured, measured
from veigo.verdict import Finding


class WithinLimits(Checker):
    """Every limit of the scene was kept."""

    promise = "Everything was as fast and as complete as the scene's limits ask"
    anomaly = "limit exceeded: a percentile or a share that is not good enough"
    fault_model = "none: in a run without faults"

    def concerns(self, ledger: Ledger) -> bool:
        """Whether the run had limits."""
        return bool(_limits(ledger))

    def check(self, ledger: Ledger) -> Finding:
        """Hold what was measured against each limit."""
        limits = _limits(ledger)
        if not limits:
            return self.inconclusive("the run had no limits")
        told = [str(one) for one in limits]
        if doubts(ledger.generators):
            return self.inconclusive("the figures are the generator's own, as it could not keep up", told)
        exceeded = [str(one) for one in limits if one.kept is False]
        if exceeded:
            return self.violated(f"{len(exceeded)} of {len(limits)} limits were not kept", exceeded)
        unmeasured = [str(one) for one in limits if one.kept is None]
        if unmeasured:
            return self.inconclusive(f"{len(unmeasured)} of {len(limits)} limits had nothing to be held to", unmeasured)
        return self.holds("; ".join(told))


def _limits(ledger: Ledger) -> list[Measured]:
    return measured(ledger, ledger.run.parameters) if ledger.run else []
