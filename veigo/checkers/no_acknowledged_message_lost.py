"""Whoever was told "stored" was told the truth: the message reaches every member who listens.

Only what was acknowledged can be lost. A send of unknown ending proves nothing by itself; but once one member has seen
it, it is in the room, and every other member is owed it too.

A socket is owed what has a higher sequence than the room had when it joined. If the socket ended early, a message below
one it did receive was skipped, which is a loss; what might have come later is unobserved, which is inconclusive.
"""

from veigo.checkers.checker import Checker
from veigo.checkers.ledger import Ledger, Subscription
from veigo.history import Operation
from veigo.outcome import Outcome
from veigo.verdict import Finding


class NoAcknowledgedMessageLost(Checker):
    """Every acknowledged message reached every member's socket."""

    promise = "Every acknowledged message reached every member of its room"

    def check(self, ledger: Ledger) -> Finding:
        """Look for every owed message on every member's sockets."""
        acknowledged = len(ledger.acknowledged())
        if acknowledged == 0:
            return self.inconclusive("no message was acknowledged, so none could be lost")

        audit = _Audit(ledger)
        for send in _owed(ledger):
            for user in sorted(ledger.members[send.room or ""]):
                audit.look_for(send, user)
        if audit.lost:
            return self.violated(f"{len(audit.lost)} deliveries are missing", audit.lost)
        if audit.unobserved:
            return self.inconclusive(f"{len(audit.unobserved)} deliveries could not be observed", audit.unobserved)
        if audit.found == 0:
            return self.inconclusive("no member of any room was known, so nobody was owed anything")
        return self.holds(f"{acknowledged:,} acknowledged messages made {audit.found:,} deliveries")


def _owed(ledger: Ledger) -> list[Operation]:
    seen = {frame.message_id for frame in ledger.deliveries}
    return [
        send
        for send in ledger.sends.values()
        if send.outcome is Outcome.OK or (send.outcome is Outcome.UNKNOWN and send.message_id in seen)
    ]


class _Audit:
    """Who received what, and whose absence proves a loss."""

    def __init__(self, ledger: Ledger) -> None:
        self.lost: list[str] = []
        self.unobserved: list[str] = []
        self.found = 0
        self._ledger = ledger
        self._drained = "drained" in ledger.marks
        self._seen = {(frame.user, frame.message_id) for frame in ledger.deliveries}
        self._of: dict[tuple[str, str], list[Subscription]] = {}
        for subscription in ledger.subscriptions:
            self._of.setdefault((subscription.user, subscription.room), []).append(subscription)

    def look_for(self, send: Operation, user: str) -> None:
        """Find one message with one member, or say why it is not there."""
        if (user, send.message_id) in self._seen:
            self.found += 1
            return
        subscriptions = self._of.get((user, send.room or ""), [])
        who = f"message {send.message_id} (sequence {send.sequence}) for {self._ledger.who(user)}"
        if not subscriptions:
            self.unobserved.append(f"{who}: had no socket in room {send.room}")
            return
        for subscription in subscriptions:
            if self._proves_a_loss(subscription, send.sequence):
                self.lost.append(f"{who}: not on {subscription}; {self._last_trace_of(send)}")
                return
        unexplained = "sent before joining" if self._drained else "the run did not wait for it"
        self.unobserved.append(f"{who}: {subscriptions[-1].ended or unexplained}")

    def _proves_a_loss(self, subscription: Subscription, sequence: int | None) -> bool:
        if sequence is None:
            return self._drained and subscription.ended is None
        if sequence <= subscription.after:
            return False
        skipped = any((frame.sequence or 0) > sequence for frame in subscription.received)
        return skipped or (self._drained and subscription.ended is None)

    def _last_trace_of(self, send: Operation) -> str:
        if not self._ledger.witnessed:
            return "Kafka was not read"
        witnessed = self._ledger.witnessed.get(send.message_id or "")
        if witnessed is None:
            return "not in Kafka either"
        return f"in Kafka at partition {witnessed.partition} offset {witnessed.offset}"
