"""A send of unknown ending happened or it did not: what is in the log every member has, what is not nobody has.

PostgreSQL says which of the two, when it was read; Kafka or any one member's socket says so otherwise.
"""

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.ledger import Ledger
from veigo.checkers.no_acknowledged_message_lost import Audit
from veigo.history import MESSAGE_CREATED, Frame, Operation, Stored, Witnessed
from veigo.outcome import Outcome
from veigo.verdict import Finding


class UnknownSendsAllOrNone(Checker):
    """Every send of unknown ending is with all members, or with nobody."""

    promise = "A send that nobody answered reached every member or nobody"
    anomaly = "torn write: a message of unknown ending that only some have"

    def __init__(self, *, unknown_min: int = 1) -> None:
        self._unknown_min = unknown_min

    def concerns(self, ledger: Ledger) -> bool:
        """Whether any send ended so."""
        return any(send.outcome is Outcome.UNKNOWN for send in ledger.sends.values())

    def check(self, ledger: Ledger) -> Finding:
        """Look for each such message everywhere."""
        unknown = [send for send in ledger.sends.values() if send.outcome is Outcome.UNKNOWN]
        if len(unknown) < self._unknown_min or not ledger.sends:
            return self.inconclusive(f"{len(unknown)} of {len(ledger.sends)} sends ended unknown; too few to tell")

        stored = _stored(ledger)
        seen: dict[str | None, Frame] = {}
        for frame in ledger.deliveries:
            seen.setdefault(frame.message_id, frame)
        audit, nowhere = Audit(ledger), 0
        anomalies: list[Anomaly] = []
        for send in unknown:
            in_log = stored.get(send.message_id) or ledger.witnessed.get(send.message_id or "")
            appeared = in_log or seen.get(send.message_id)
            if appeared is None:
                nowhere += 1
            elif send.room in ledger.stored_rooms and send.message_id not in stored:
                anomalies.append(
                    Anomaly(f"message {send.message_id}: not stored, and yet it appeared", (send, appeared))
                )
            else:
                audit.look_for(_placed(send, appeared))
        anomalies += audit.lost
        if anomalies:
            return self.convicted(ledger, f"{len(anomalies)} of {len(unknown)} unknown sends were torn", anomalies)
        if audit.unobserved:
            return self.inconclusive(f"{len(audit.unobserved)} deliveries could not be observed", audit.unobserved)
        return self.holds(
            f"{len(unknown)} unknown sends: {len(unknown) - nowhere} with everybody, {nowhere} with nobody"
        )


def _stored(ledger: Ledger) -> dict[str | None, Stored]:
    return {event.message_id: event for event in ledger.stored_events() if event.type == MESSAGE_CREATED}


def _placed(send: Operation, appeared: Stored | Witnessed | Frame) -> Operation:
    """The send with the sequence that its sender was never told."""
    placed = Operation(send.name, send.user, send.expected, send.room, send.message_id, send.content)
    placed.started_ns, placed.ended_ns, placed.sequence = send.started_ns, send.ended_ns, appeared.sequence
    placed.outcome, placed.error = send.outcome, send.error
    return placed
