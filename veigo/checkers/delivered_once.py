"""A message comes to a socket once: a member never reads the same line twice.

CDC delivers at least once by nature (a restarted connector sends again what it had not confirmed), so this is where
realtime's de-duplication is held to its word.
"""

from collections import Counter

from veigo.checkers.checker import Checker
from veigo.checkers.ledger import Ledger
from veigo.verdict import Finding


class DeliveredOnce(Checker):
    """No socket received a message twice."""

    promise = "No socket received a message twice"
    anomaly = "duplicate delivery: a message, or a place in a room, twice on one connection"

    def check(self, ledger: Ledger) -> Finding:
        """Count messages, by id and by place in the room, on every socket."""
        if not ledger.deliveries:
            return self.inconclusive("no socket received a message")

        by_id = Counter((frame.user, frame.socket, f"message {frame.message_id}") for frame in ledger.deliveries)
        by_place = Counter(
            (frame.user, frame.socket, f"sequence {frame.sequence} of room {frame.room}")
            for frame in ledger.deliveries
            if frame.sequence is not None
        )
        repeated = [
            f"{what} came {count} times to {ledger.who(user)}'s socket {socket}"
            for counter in (by_id, by_place)
            for (user, socket, what), count in counter.items()
            if count > 1
        ]
        if repeated:
            return self.violated(f"{len(repeated)} repetitions", repeated)
        return self.holds(f"{len(ledger.deliveries):,} deliveries, each of them new to its socket")
