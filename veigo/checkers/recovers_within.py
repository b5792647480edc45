"""What was broken and healed is soon as it was before: deliveries as fast as before, and nothing left waiting."""

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.ledger import Ledger
from veigo.recovery import Recovery, Terms, recoveries
from veigo.verdict import Finding


class RecoversWithin(Checker):
    """After every fault the steady state came back in time."""

    promise = "After a fault was healed, deliveries were soon as fast as before it, with nothing left waiting"
    anomaly = "slow recovery: the steady state came back too late, or not at all"

    def __init__(self, *, seconds: float = 15.0, terms: Terms = Terms()) -> None:  # noqa: B008 - frozen
        self._seconds = seconds
        self._terms = terms

    def concerns(self, ledger: Ledger) -> bool:
        """Whether anything was broken and healed."""
        return any(window.healed_ns is not None for window in ledger.windows)

    def check(self, ledger: Ledger) -> Finding:
        """Measure the recovery from each fault."""
        measured = recoveries(ledger, self._terms)
        if not measured:
            return self.inconclusive("nothing was broken and healed")

        late: list[Anomaly] = []
        doubts: list[str] = []
        for each in measured:
            if each.baseline_p99_ms is None:
                doubts.append(
                    f"{_what(each)}: fewer than {self._terms.samples_min} deliveries before it to compare with"
                )
            elif each.steady_s is None and each.observed_s < self._seconds + self._terms.steady_s:
                doubts.append(_watched_too_briefly(each))
            elif each.backlog_s is None and each.observed_s < self._seconds:
                doubts.append(f"{_watched_too_briefly(each)}, and something older was not delivered by then")
            elif not _in_time(each.steady_s, self._seconds) or not _in_time(each.backlog_s, self._seconds):
                shown_by = tuple(event for event in ledger.faults if event.fault in each.faults)
                late.append(Anomaly(f"{_what(each)}: {figures(each)}; {self._seconds:g} s were allowed", shown_by))
        if late:
            return self.convicted(ledger, f"{len(late)} of {len(measured)} recoveries took too long", late)
        if doubts:
            return self.inconclusive(f"{len(doubts)} of {len(measured)} recoveries could not be measured", doubts)
        slowest = max(measured, key=lambda each: each.steady_s or 0.0)
        return self.holds(f"{len(measured)} recoveries, the slowest from {_what(slowest)}: {figures(slowest)}")


def figures(recovery: Recovery) -> str:
    """The figures of a recovery, in words."""
    first = "never" if recovery.first_delivery_s is None else f"after {recovery.first_delivery_s:.1f} s"
    steady = "never" if recovery.steady_s is None else f"after {recovery.steady_s:.1f} s"
    backlog = "never" if recovery.backlog_s is None else f"after {recovery.backlog_s:.1f} s"
    return f"first delivery {first}, steady {steady}, no backlog {backlog}, {recovery.delayed:,} messages delayed"


def _in_time(after_s: float | None, seconds: float) -> bool:
    return after_s is not None and after_s <= seconds


def _watched_too_briefly(recovery: Recovery) -> str:
    return f"{_what(recovery)}: the talk went on for only {recovery.observed_s:.1f} s after its healing"


def _what(recovery: Recovery) -> str:
    return " and ".join(dict.fromkeys(recovery.faults))
