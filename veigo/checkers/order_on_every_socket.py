"""On every socket a room's sequences only rise.

An equal one is DeliveredOnce's business, a missing one ResumedWithoutGap's.
"""

from typing import TYPE_CHECKING

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.ledger import Ledger
from veigo.verdict import Finding

if TYPE_CHECKING:
    from veigo.history import Frame


class OrderOnEverySocket(Checker):
    """Every socket was sent a room's events in rising order."""

    promise = "Every socket received a room's events in rising order"
    anomaly = "non-monotonic poll: a lower sequence after a higher one on the same connection"

    def check(self, ledger: Ledger) -> Finding:
        """Follow every room on every socket."""
        if not ledger.deliveries:
            return self.inconclusive("no socket received a message")

        fallen = []
        highest: dict[tuple[int, str | None], Frame] = {}
        for frame in ledger.events:
            where = (frame.socket, frame.room)
            whose = f"{ledger.who(frame.user)}'s socket"
            if frame.sequence is None:
                fallen.append(Anomaly(f"message {frame.message_id} has no sequence on {whose}", (frame,)))
                continue
            before = highest.get(where)
            if before is not None and frame.sequence < (before.sequence or 0):
                what = f"sequence {frame.sequence} after {before.sequence} on {whose} in room {frame.room}"
                fallen.append(Anomaly(what, (before, frame)))
                continue
            highest[where] = frame
        if fallen:
            return self.convicted(ledger, f"{len(fallen)} frames out of order", fallen)
        return self.holds(
            f"{len(ledger.events):,} frames, in order on all of {len(ledger.subscriptions):,} subscriptions"
        )
