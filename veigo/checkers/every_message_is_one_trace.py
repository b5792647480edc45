"""Whatever was acknowledged can be followed: one trace, from the client's mutation to the members' sockets.

It is judged by the run's telemetry, not by what users saw. A message that was delivered and cannot be followed is no
loss, but whoever looks for a loss one day will miss just this trace.
"""

from pathlib import Path

from veigo.checkers.checker import Checker
from veigo.checkers.ledger import Ledger
from veigo.stack.problem import StackError
from veigo.telemetry.completeness import completeness
from veigo.telemetry.store import Store
from veigo.verdict import Finding


class EveryMessageIsOneTrace(Checker):
    """Every acknowledged message has a whole trace, or all but a share that faults may take."""

    promise = "Every acknowledged message has one complete, connected trace"
    anomaly = "broken trace: a message that was delivered and cannot be followed"

    def __init__(self, telemetry: Path, *, broken_share_max: float = 0.0) -> None:
        self._telemetry = telemetry
        self._broken_share_max = broken_share_max

    def check(self, ledger: Ledger) -> Finding:
        """Look for every acknowledged message in the run's store."""
        acknowledged = [send.message_id for send in ledger.acknowledged() if send.message_id]
        if not acknowledged:
            return self.inconclusive("no message was acknowledged, so none had to be traced")
        try:
            with Store.open(self._telemetry, read_only=True) as store:
                if store.count("spans") == 0:
                    return self.inconclusive("the collector received no spans; is OTEL_SDK_DISABLED set?")
                found = completeness(store, acknowledged)
        except StackError as error:
            return self.inconclusive(f"there is no telemetry to judge by: {error}")
        evidence = [str(one) for one in found.broken]
        if len(found.broken) > self._broken_share_max * found.messages:
            return self.violated(str(found), evidence)
        return self.holds(str(found))
