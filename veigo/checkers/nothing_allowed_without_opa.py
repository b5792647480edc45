"""While nobody decides, nobody may: with Open Policy Agent gone no request that needs a decision is granted.

What counts is a request made after the fault was felt and answered before its healing began; in between OPA may have
answered in time. A join of a room that the user had joined before is not counted: on a socket that is in the room it is
answered without a decision.
"""

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.fault_window import FaultWindow
from veigo.checkers.ledger import Ledger
from veigo.checkers.nothing_after_removal import ASKS
from veigo.history import Operation
from veigo.outcome import Outcome
from veigo.verdict import Finding

NODE = "opa"


class NothingAllowedWithoutOpa(Checker):
    """Nothing was granted while OPA was unavailable."""

    promise = "While Open Policy Agent was unavailable, nothing that it decides was granted"
    anomaly = "fail-open: a request granted while nobody could decide on it"
    fault_model = (
        "OPA is killed, stands still or holds no data; one that is slow, or cut off from some, may still decide"
    )

    def __init__(self, *, asked_min: int = 1) -> None:
        self._asked_min = asked_min

    def concerns(self, ledger: Ledger) -> bool:
        """Whether OPA was ever taken away."""
        return any(_takes_opa_away(window) for window in ledger.windows)

    def check(self, ledger: Ledger) -> Finding:
        """Look at every request made while OPA was surely away."""
        windows = [window for window in ledger.windows if _takes_opa_away(window)]
        if not windows:
            return self.inconclusive("OPA was never unavailable")

        asked = [each for each in _asking_opa(ledger) if _while_away(windows, each)]
        granted = [
            Anomaly(f"{ledger.who(each.user)} was granted {each.name} in room {each.room} without a decision", (each,))
            for each in asked
            if each.outcome is Outcome.OK
        ]
        if granted:
            return self.convicted(ledger, f"{len(granted)} of {len(asked)} requests were granted", granted)
        if len(asked) < self._asked_min or not asked:
            return self.inconclusive(f"{len(asked)} requests were made while OPA was unavailable; too few to tell")
        return self.holds(f"{len(asked):,} requests while OPA was unavailable, none granted")


def _takes_opa_away(window: FaultWindow) -> bool:
    return NODE in window.unavailable


def _asking_opa(ledger: Ledger) -> list[Operation]:
    """The requests that cannot be granted without a decision."""
    joined_ns: dict[tuple[str, str | None], int] = {}
    for frame in ledger.joins:
        joined_ns.setdefault((frame.user, frame.room), frame.at_ns)
    return [
        each
        for each in ledger.operations
        if each.name in ASKS
        and not (each.name == "join" and joined_ns.get((each.user, each.room), each.started_ns) < each.started_ns)
    ]


def _while_away(windows: list[FaultWindow], operation: Operation) -> bool:
    return any(window.surely_covers(operation.started_ns, operation.ended_ns) for window in windows)
