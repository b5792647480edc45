"""What nobody but an operator can mend raised an alarm, soon, and the alarm said what is missing.

A stack that skips what it cannot bring any more and goes on looks healthy; that is the worst it can do.
"""

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.fault_window import FaultWindow
from veigo.checkers.ledger import Ledger
from veigo.history import AlarmRaised, FaultEvent, FaultStage
from veigo.verdict import Finding


class AlarmNamedTheGap(Checker):
    """Every fault was followed by an alarm within a bound after it was felt, and the alarm named the gap."""

    promise = "What only an operator can mend raised an alarm that names the gap"
    anomaly = "silent loss: a fault that costs acknowledged changes, and nobody is told which"
    fault_model = "slots are dropped, pass their cap or are made anew, and stored positions are lost"

    def __init__(self, *, within_s: float = 10.0, about: str = "chat") -> None:
        """Take the bound, and the connector that the alarm has to be about."""
        self._within_s = within_s
        self._about = about

    def check(self, ledger: Ledger) -> Finding:
        """Look for an alarm after each fault."""
        felt = [window for window in ledger.windows if window.felt_ns is not None]
        if not felt:
            return self.inconclusive("nothing was broken that anybody felt")
        named = [alarm for alarm in ledger.alarms if alarm.about == self._about and alarm.gap]
        first = {id(window): self._first(window, named) for window in felt}
        silent = [
            Anomaly(f"{window.fault}: {self._why(window, ledger.alarms)}", _stages(ledger, window))
            for window in felt
            if first[id(window)] is None
        ]
        if silent:
            return self.convicted(ledger, f"{len(silent)} of {len(felt)} faults raised no such alarm in time", silent)
        told = [(window, alarm) for window in felt if (alarm := first[id(window)]) is not None]
        window, alarm = told[0]
        after_s = max(0.0, (alarm.at_ns - (window.felt_ns or 0)) / 1e9)
        return self.holds(f"{after_s:.1f} s after it was felt: {alarm.alarm}: {alarm.sentence}")

    def _first(self, window: FaultWindow, alarms: list[AlarmRaised]) -> AlarmRaised | None:
        until_ns = (window.felt_ns or 0) + round(self._within_s * 1e9)
        return next((alarm for alarm in alarms if window.injected_ns <= alarm.at_ns <= until_ns), None)

    def _why(self, window: FaultWindow, alarms: list[AlarmRaised]) -> str:
        """What was heard instead."""
        other = self._first(window, alarms)
        if other is None:
            return f"no alarm within {self._within_s:g} s"
        if other.about != self._about:
            return f"the alarm was about {other.about}, and {self._about} was broken"
        return f"the alarm {other.alarm} does not say what is missing"


def _stages(ledger: Ledger, window: FaultWindow) -> tuple[FaultEvent, ...]:
    stages = (FaultStage.INJECTED, FaultStage.FELT)
    return tuple(event for event in ledger.faults if event.fault == window.fault and event.stage in stages)
