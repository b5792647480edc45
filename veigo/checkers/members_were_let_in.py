"""Whatever a member asked for was done.

The other promises are kept best by a stack that refuses everybody. This one is for runs without faults: there, a member
who is refused is a violation, and an ending nobody knows leaves a doubt. People who act at once get in each other's
way, though: what was being deleted cannot be edited, and whoever was being removed may not write. Such a refusal is no
violation where the history has what came first.
"""

from collections import defaultdict
from typing import ClassVar

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.ledger import Ledger
from veigo.history import Operation
from veigo.outcome import Outcome
from veigo.verdict import Finding

GONE: frozenset[str | None] = frozenset({"NOT_FOUND", "FORBIDDEN"})


class MembersWereLetIn(Checker):
    """No operation of a member was refused, or had no answer."""

    promise = "Whatever a member asked for was done"
    anomaly = "unavailability: a member's request that was refused"
    fault_model: ClassVar[str] = "none: in a run without faults"

    def concerns(self, ledger: Ledger) -> bool:
        """Whether nothing was broken or restarted."""
        return not ledger.faults and not any(mark.startswith("restart ") for mark in ledger.marks)

    def check(self, ledger: Ledger) -> Finding:
        """Look at the ending of everything that ought to go well."""
        asked = [each for each in ledger.operations if each.expected is Outcome.OK and not each.withdrawn]
        if not asked:
            return self.inconclusive("no member asked for anything")

        gone = _Gone(ledger)
        failed = [operation for operation in asked if operation.outcome is Outcome.FAILED]
        refused = [Anomaly(_words(ledger, each), (each,)) for each in failed if not gone.excuses(each)]
        if refused:
            return self.convicted(ledger, f"{len(refused)} of {len(asked)} requests were refused", refused)
        unknown = [_words(ledger, operation) for operation in asked if operation.outcome is Outcome.UNKNOWN]
        if unknown:
            return self.inconclusive(f"{len(unknown)} of {len(asked)} requests had no answer to rely on", unknown)
        late = f", {len(failed)} of them too late, as somebody else had been first" if failed else ""
        return self.holds(f"{len(asked):,} requests, all done{late}")


class _Gone:
    """What was deleted, and who was put out of a room or never in it."""

    def __init__(self, ledger: Ledger) -> None:
        self._members = ledger.members
        self._since: dict[tuple[str | None, str | None], list[Operation]] = defaultdict(list)
        for operation in ledger.operations:
            if operation.outcome is Outcome.FAILED:
                continue
            match operation.name:
                case "delete":
                    self._since[operation.room, operation.message_id].append(operation)
                case "remove_member" | "leave_room":
                    self._since[operation.room, operation.member or operation.user].append(operation)

    def excuses(self, refused: Operation) -> bool:
        """Whether what was asked for had been made impossible by an operation begun before the refusal."""
        if refused.code not in GONE:
            return False
        if refused.member is not None and refused.member not in self._members[refused.room or ""]:
            return True
        about = (refused.message_id, refused.member, refused.user)
        first = [each for subject in about if subject is not None for each in self._since[refused.room, subject]]
        return any(each.started_ns < refused.ended_ns for each in first)


def _words(ledger: Ledger, operation: Operation) -> str:
    return f"{operation.name} by {ledger.who(operation.user)}: {operation.error}"
