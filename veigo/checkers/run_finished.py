"""The run went to its end: everything planned was sent, and it waited for what was still under way.

It promises nothing about the stack. It keeps a run that was cut short from passing for one that went well.
"""

from veigo.checkers.checker import Checker
from veigo.checkers.ledger import Ledger
from veigo.verdict import Finding

MARKS = ("talk_started", "talk_ended", "drained", "finished")


class RunFinished(Checker):
    """The run was not cut short."""

    promise = "The run went to its end"
    anomaly = "cut short: the run never reached its end"
    fault_model = "any"

    def check(self, ledger: Ledger) -> Finding:
        """Look for the marks of a whole run."""
        if "interrupted" in ledger.marks:
            return self.inconclusive("the run was interrupted; what there is has been kept")
        missing = [mark for mark in MARKS if mark not in ledger.marks]
        if missing:
            return self.inconclusive(f"the run never reached: {', '.join(missing)}")
        return self.holds("everything planned was sent and waited for")
