"""Who may not read, write or join is refused, every time, and for that reason.

The reason matters: a stranger whose request was malformed is refused too, and proves nothing. So only FORBIDDEN and
NOT_FOUND count, and only where a member's same request in the same room was granted.
"""

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.ledger import Ledger
from veigo.history import Operation, Record
from veigo.outcome import Outcome
from veigo.verdict import Finding

CODES_OF_A_CLOSED_DOOR = frozenset({"FORBIDDEN", "NOT_FOUND"})


class RefusedStayedRefused(Checker):
    """Every attempt that had to be refused was, and left nothing behind."""

    promise = "Whoever may not read, write or join was refused every time"
    anomaly = "open door: a forbidden request that was granted, or left something behind"

    def concerns(self, ledger: Ledger) -> bool:
        """Whether anybody tried."""
        return any(operation.expected is Outcome.FAILED for operation in ledger.operations)

    def check(self, ledger: Ledger) -> Finding:
        """Look at every attempt that had to fail."""
        attempts = [operation for operation in ledger.operations if operation.expected is Outcome.FAILED]
        if not attempts:
            return self.inconclusive("nobody tried anything forbidden")

        heard: dict[str | None, Record] = {frame.message_id: frame for frame in reversed(ledger.deliveries)}
        heard.update(ledger.witnessed.items())
        stored = [
            Anomaly(
                f"{_what(ledger, attempt)} was refused, yet the message is there", (attempt, heard[attempt.message_id])
            )
            for attempt in attempts
            if attempt.name == "send" and attempt.outcome is not Outcome.OK and attempt.message_id in heard
        ]
        granted = [
            Anomaly(f"{_what(ledger, attempt)} was granted", (attempt,))
            for attempt in attempts
            if attempt.outcome is Outcome.OK
        ]
        if through := granted + stored:
            return self.convicted(ledger, f"{len(through)} of {len(attempts)} attempts got through", through)
        refused = [attempt for attempt in attempts if attempt.code in CODES_OF_A_CLOSED_DOOR]
        if not refused:
            return self.inconclusive(f"{len(attempts)} attempts, none of them refused at a closed door")
        doubts = [*_doubts_of(ledger, attempts), *_without_control(ledger, refused)]
        if doubts:
            return self.inconclusive("the refusals prove nothing", doubts)
        return self.holds(f"{len(refused)} attempts, all refused; members were granted the same")


def _what(ledger: Ledger, attempt: Operation) -> str:
    return f"{attempt.name} by {ledger.who(attempt.user)} in room {attempt.room}"


def _doubts_of(ledger: Ledger, attempts: list[Operation]) -> list[str]:
    """Attempts that did not end at a closed door, where there was one.

    While something is broken, and until it works again, there may be no door, and nobody to say so.
    """
    unanswered_is_a_doubt = not ledger.faults
    return [
        f"{_what(ledger, attempt)} ended {attempt.outcome}, but not at a closed door: {attempt.code or attempt.error}"
        for attempt in attempts
        if attempt.code not in CODES_OF_A_CLOSED_DOOR
        and ((attempt.outcome is Outcome.FAILED and attempt.code is not None) or unanswered_is_a_doubt)
        and not attempt.withdrawn
    ]


def _without_control(ledger: Ledger, attempts: list[Operation]) -> list[str]:
    granted = {
        (operation.name, operation.room)
        for operation in ledger.operations
        if operation.expected is Outcome.OK and operation.outcome is Outcome.OK
    }
    wanted = {(attempt.name, attempt.room) for attempt in attempts}
    return [f"no member's {name} in room {room} was granted either" for name, room in sorted(wanted - granted, key=str)]
