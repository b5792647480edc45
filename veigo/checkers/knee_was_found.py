"""A load that rises until the stack breaks has found where it does.

It promises nothing about the stack. It keeps a run that never got there, or in which the generator broke first, from
passing for one that knows.
"""

from veigo.checkers.checker import Checker
from veigo.checkers.ledger import Ledger
from veigo.load.knee import Broke
from veigo.load.ramp import knee_of
from veigo.verdict import Finding


class KneeWasFound(Checker):
    """The rate at which the stack breaks is known."""

    promise = "The load at which the stack breaks was found"
    anomaly = "no knee: the load never broke the stack, or broke the generator first"
    fault_model = "any"

    def concerns(self, ledger: Ledger) -> bool:
        """Whether the load rose in steps."""
        return knee_of(ledger) is not None

    def check(self, ledger: Ledger) -> Finding:
        """Look for the first step that did not hold."""
        found = knee_of(ledger)
        if found is None:
            return self.inconclusive("the load did not rise")
        if found.broken is None or found.last_held is None or found.how is Broke.GENERATOR:
            return self.inconclusive(str(found))
        return self.holds(str(found))
