"""A message comes to a socket once: a member never reads the same line twice.

CDC delivers at least once by nature (a restarted connector sends again what it had not confirmed), so this is where
realtime's de-duplication is held to its word.
"""

from collections import defaultdict

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.ledger import Ledger
from veigo.history import Frame
from veigo.verdict import Finding


class DeliveredOnce(Checker):
    """No socket received a message twice."""

    promise = "No socket received a message twice"
    anomaly = "duplicate delivery: a message, or a place in a room, twice on one connection"

    def check(self, ledger: Ledger) -> Finding:
        """Count messages, by id and by place in the room, on every socket."""
        if not ledger.deliveries:
            return self.inconclusive("no socket received a message")

        by_id: defaultdict[tuple[str, int, str | None], list[Frame]] = defaultdict(list)
        by_place: defaultdict[tuple[str, int, str | None, int], list[Frame]] = defaultdict(list)
        for frame in ledger.deliveries:
            by_id[frame.user, frame.socket, frame.message_id].append(frame)
            if frame.sequence is not None:
                by_place[frame.user, frame.socket, frame.room, frame.sequence].append(frame)
        repeated = [
            *(_repetition(ledger, f"message {one[0].message_id}", one) for one in by_id.values() if len(one) > 1),
            *(
                _repetition(ledger, f"sequence {one[0].sequence} of room {one[0].room}", one)
                for one in by_place.values()
                if len(one) > 1
            ),
        ]
        if repeated:
            return self.convicted(ledger, f"{len(repeated)} repetitions", repeated)
        return self.holds(f"{len(ledger.deliveries):,} deliveries, each of them new to its socket")


def _repetition(ledger: Ledger, what: str, came: list[Frame]) -> Anomaly:
    socket = f"{ledger.who(came[0].user)}'s socket {came[0].socket}"
    return Anomaly(f"{what} came {len(came)} times to {socket}", tuple(came[:2]))
