"""What was broken was felt, while people talked: a fault nobody noticed, or nobody was there for, proves nothing.

It promises nothing about the stack. It keeps a run that broke nothing from passing for one that survived it.
"""

from veigo.checkers.checker import Checker
from veigo.checkers.ledger import Ledger
from veigo.outcome import Outcome
from veigo.verdict import Finding


class FaultWasFelt(Checker):
    """Every fault was felt, and enough was sent, or acknowledged, while it lasted."""

    promise = "What was broken was felt, while people talked"
    anomaly = "vacuous run: a fault without effect, or without anybody to be affected"

    def __init__(self, *, sends_min: int = 10, acknowledged_min: int = 0) -> None:
        """Set how many sends must have begun, and how many have been acknowledged, while something was broken."""
        self._sends_min = sends_min
        self._acknowledged_min = acknowledged_min

    def concerns(self, ledger: Ledger) -> bool:
        """Whether anything was broken."""
        return bool(ledger.faults)

    def check(self, ledger: Ledger) -> Finding:
        """Look at what was felt, and at the sends meanwhile."""
        windows = ledger.windows
        if not windows:
            return self.inconclusive("nothing was broken")
        doubts = [f"{window.fault}: nobody felt it" for window in windows if window.felt_ns is None]
        doubts += [f"{window.fault}: it was never healed" for window in windows if window.healed_ns is None]
        meanwhile = [
            send for send in ledger.sends.values() if any(window.covers(send.started_ns) for window in windows)
        ]
        acknowledged = sum(send.outcome is Outcome.OK for send in meanwhile)
        if len(meanwhile) < self._sends_min:
            doubts.append(f"{len(meanwhile)} messages were sent meanwhile, and {self._sends_min} are needed")
        if acknowledged < self._acknowledged_min:
            doubts.append(
                f"{acknowledged} messages were acknowledged meanwhile, and {self._acknowledged_min} are needed"
            )
        if doubts:
            return self.inconclusive("the faults prove nothing", doubts)
        felt = "; ".join(dict.fromkeys(f"{window.fault} ({window.felt_by or 'felt'})" for window in windows))
        return self.holds(f"{len(meanwhile):,} messages sent meanwhile, {acknowledged:,} acknowledged; {felt}")
