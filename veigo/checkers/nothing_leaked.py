"""Nobody hears a room they are not in.

A leak is a frame of a room, JOINED included, on the socket of somebody who was never a member, or on a socket that has
not joined it. What comes to former members is NothingAfterRemoval's business.
"""

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.ledger import Ledger
from veigo.history import Frame
from veigo.verdict import Finding


class NothingLeaked(Checker):
    """Only members received a room's events, and only on sockets that had joined it."""

    promise = "Nobody received a room they are not in"
    anomaly = "leak: a frame of a room on the socket of a stranger, or of somebody who had not joined"

    def check(self, ledger: Ledger) -> Finding:
        """Hold every frame against the memberships and the joins."""
        if not ledger.deliveries:
            return self.inconclusive("no socket received a message")

        joined = {(subscription.socket, subscription.room) for subscription in ledger.subscriptions}
        found = [_trespass(ledger, frame) for frame in (*ledger.joins, *ledger.events)]
        found += [_eavesdropping(ledger, frame, joined) for frame in ledger.events]
        anomalies = [anomaly for anomaly in found if anomaly is not None]
        if anomalies:
            return self.convicted(ledger, f"{len(anomalies)} frames that should not be", anomalies)
        return self.holds(f"{len(ledger.events):,} frames, all to members who had joined")


def _trespass(ledger: Ledger, frame: Frame) -> Anomaly | None:
    if frame.user in ledger.members.get(frame.room or "", ()):
        return None
    what = f"{frame.type} {frame.message_id or ''}".strip()
    return Anomaly(f"{ledger.who(frame.user)}, no member of room {frame.room}, received {what}", (frame,))


def _eavesdropping(ledger: Ledger, frame: Frame, joined: set[tuple[int, str]]) -> Anomaly | None:
    if (frame.socket, frame.room or "") in joined:
        return None
    who = f"{ledger.who(frame.user)}'s socket {frame.socket}"
    return Anomaly(f"{who} received room {frame.room} without having joined it", (frame,))
