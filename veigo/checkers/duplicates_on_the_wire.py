"""At least once means that some things come twice: how many came again is reported, and has a budget.

Change capture that was killed sends again what it had not confirmed, and a client that resumes may be sent what it had.
An application that drops what is not beyond the last sequence it was given (as `RoomFeed` does) is shown each message
once; one that came again under another sequence would slip through, and is never allowed.
"""

from collections import Counter

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.ledger import Ledger
from veigo.history import Frame, Witnessed
from veigo.verdict import Finding


class DuplicatesOnTheWire(Checker):
    """Few frames, and no records too many, came more than once; and none that a client could not drop."""

    promise = "Few messages came again, and none that a client could not tell from a new one"
    anomaly = "duplicate: more repetitions than the budget, or one under another sequence"

    def __init__(self, *, at_most: float = 0.01, in_kafka_at_most: float = 1.0) -> None:
        """Set the budgets: shares of all frames, and of all records, that may be repetitions."""
        self._at_most = at_most
        self._in_kafka_at_most = in_kafka_at_most

    def check(self, ledger: Ledger) -> Finding:
        """Count what a user was sent again, on whichever socket, and what Kafka has again."""
        if not ledger.deliveries:
            return self.inconclusive("no socket received a message")

        first: dict[tuple[str, str | None, str | None], Frame] = {}
        again: list[tuple[Frame, Frame]] = []
        for frame in ledger.deliveries:
            before = first.setdefault((frame.user, frame.room, frame.message_id), frame)
            if before is not frame:
                again.append((before, frame))
        slipped = [
            Anomaly(
                f"message {frame.message_id} for {ledger.who(frame.user)} at {before.sequence} and {frame.sequence}",
                (before, frame),
            )
            for before, frame in again
            if before.sequence != frame.sequence
        ]
        if slipped:
            return self.convicted(ledger, f"{len(slipped)} repetitions that a client cannot tell", slipped)
        in_kafka = Counter((event.room, event.sequence) for event in ledger.log)
        copies = sum(in_kafka.values()) - len(in_kafka)
        figures = (
            f"{len(again):,} of {len(ledger.deliveries):,} deliveries came again, 0 after a client's de-duplication;"
            f" {copies:,} of {len(ledger.log):,} records in Kafka are repetitions{_where(ledger)}"
        )
        over = len(again) > self._at_most * len(ledger.deliveries)
        if over or copies > self._in_kafka_at_most * max(1, len(in_kafka)):
            return self.convicted(
                ledger, f"more than the budget: {figures}", [Anomaly(figures, again[0] if again else _copies(ledger))]
            )
        return self.holds(figures)


def _copies(ledger: Ledger) -> tuple[Witnessed, Witnessed] | tuple[()]:
    """The first record that is there again, with the one before it."""
    seen: dict[tuple[str, int], Witnessed] = {}
    for record in ledger.log:
        before = seen.setdefault((record.room, record.sequence), record)
        if before is not record:
            return before, record
    return ()


def _where(ledger: Ledger) -> str:
    """The partitions that have repetitions, each with how many."""
    seen: set[tuple[str, int]] = set()
    copies: Counter[int] = Counter()
    for record in ledger.log:
        copies[record.partition] += (record.room, record.sequence) in seen
        seen.add((record.room, record.sequence))
    listed = ", ".join(f"{count:,} in partition {partition}" for partition, count in sorted(copies.items()) if count)
    return f" ({listed})" if listed else ""
