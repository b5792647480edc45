"""What nobody but an operator can mend raised an alarm, soon, and the alarm said what is missing.

A stack that skips what it cannot bring any more and goes on looks healthy; that is the worst it can do.
"""

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.fault_window import FaultWindow
from veigo.checkers.ledger import Ledger
from veigo.history import FaultEvent, FaultStage, Mark
from veigo.verdict import Finding

# How the mark of an alarm begins; its sentence follows.
ALARM = "alarm: "


class AlarmNamedTheGap(Checker):
    """Every fault was followed by an alarm within a bound after it was felt."""

    promise = "What only an operator can mend raised an alarm that names the gap"
    anomaly = "silent loss: a fault that costs acknowledged changes, and nobody is told"
    fault_model = "slots are dropped, pass their cap or are made anew, and stored positions are lost"

    def __init__(self, *, within_s: float = 10.0) -> None:
        self._within_s = within_s

    def check(self, ledger: Ledger) -> Finding:
        """Look for an alarm after each fault."""
        felt = [window for window in ledger.windows if window.felt_ns is not None]
        if not felt:
            return self.inconclusive("nothing was broken that anybody felt")
        alarms = [mark for mark in ledger.marks.values() if mark.name.startswith(ALARM)]
        silent = [
            Anomaly(f"{window.fault}: no alarm within {self._within_s:g} s", _stages(ledger, window))
            for window in felt
            if not self._raised(window, alarms)
        ]
        if silent:
            return self.convicted(ledger, f"{len(silent)} of {len(felt)} faults raised no alarm in time", silent)
        first = min(alarms, key=lambda mark: mark.at_ns)
        after_s = max(0.0, (first.at_ns - (felt[0].felt_ns or 0)) / 1e9)
        return self.holds(f"{after_s:.1f} s after it was felt: {first.name.removeprefix(ALARM)}")

    def _raised(self, window: FaultWindow, alarms: list[Mark]) -> bool:
        until_ns = (window.felt_ns or 0) + round(self._within_s * 1e9)
        return any(window.injected_ns <= mark.at_ns <= until_ns for mark in alarms)


def _stages(ledger: Ledger, window: FaultWindow) -> tuple[FaultEvent, ...]:
    stages = (FaultStage.INJECTED, FaultStage.FELT)
    return tuple(event for event in ledger.faults if event.fault == window.fault and event.stage in stages)
