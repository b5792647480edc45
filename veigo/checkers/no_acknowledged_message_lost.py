"""Whoever was told "stored" was told the truth: the message is stored, and reaches every member who listens.

Only what was acknowledged can be lost. A send of unknown ending proves nothing by itself (UnknownSendsAllOrNone sees to
those).

A socket is owed what has a higher sequence than it was told at its JOINED. If it ended early, a message below one it
did receive was skipped, which is a loss; what might have come later is unobserved, which is inconclusive. A position
told at JOINED counts for what was sent before it: a message sent later that stands below it was passed over.
"""

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.ledger import Ledger, Subscription
from veigo.history import MESSAGE_CREATED, Operation, Record
from veigo.outcome import Outcome
from veigo.verdict import Finding


class NoAcknowledgedMessageLost(Checker):
    """Every acknowledged message is stored, and reached every member's socket."""

    promise = "Every acknowledged message reached every member of its room"
    anomaly = "lost write: an acknowledged message is not stored, or a member who listened never received it"

    def check(self, ledger: Ledger) -> Finding:
        """Look for every owed message in the store and on every member's sockets."""
        acknowledged = ledger.acknowledged()
        if not acknowledged:
            return self.inconclusive("no message was acknowledged, so none could be lost")

        audit = Audit(ledger)
        for send in acknowledged:
            audit.look_for(send)
        if audit.lost:
            return self.convicted(ledger, f"{len(audit.lost)} deliveries are missing", audit.lost)
        if audit.unobserved:
            return self.inconclusive(f"{len(audit.unobserved)} deliveries could not be observed", audit.unobserved)
        if audit.found == 0:
            return self.inconclusive("nobody listened in any room, so nobody was owed anything")
        return self.holds(f"{len(acknowledged):,} acknowledged messages made {audit.found:,} deliveries")


class Audit:
    """Who received what, and whose absence proves a loss."""

    def __init__(self, ledger: Ledger) -> None:
        self.lost: list[Anomaly] = []
        self.unobserved: list[str] = []
        self.found = 0
        self._ledger = ledger
        self._drained = "drained" in ledger.marks
        self._seen = {(frame.user, frame.message_id) for frame in ledger.deliveries}
        self._stored = {event.message_id for event in ledger.stored_events() if event.type == MESSAGE_CREATED}
        # Their sockets were closed at their own wish; what was on its way then is theirs to read later.
        self._signed_out = {
            each.user for each in ledger.operations if each.name == "sign_out" and each.outcome is not Outcome.FAILED
        }
        self._of: dict[tuple[str, str], list[Subscription]] = {}
        for subscription in ledger.subscriptions:
            self._of.setdefault((subscription.user, subscription.room), []).append(subscription)

    def look_for(self, send: Operation) -> None:
        """Find one message in the store and with every member it is owed to."""
        room = self._ledger.stored_rooms.get(send.room or "")
        forgotten = room is not None and (send.sequence or 0) <= room.horizon
        if room is not None and not forgotten and send.message_id not in self._stored:
            what = f"message {send.message_id} (sequence {send.sequence}) of {self._ledger.who(send.user)}"
            self.lost.append(Anomaly(f"{what}: not in PostgreSQL; {self._last_trace_of(send)}", (send, room)))
        for user in sorted(self._ledger.members[send.room or ""]):
            self._look_with(send, user)

    def _look_with(self, send: Operation, user: str) -> None:
        if (user, send.message_id) in self._seen:
            self.found += 1
            return
        room = send.room or ""
        if send.sequence is not None and self._ledger.memberships.at(room, user, send.sequence) is False:
            return
        subscriptions = self._of.get((user, room), [])
        who = f"message {send.message_id} (sequence {send.sequence}) for {self._ledger.who(user)}"
        for subscription in subscriptions:
            if shown_by := self._proof_of_loss(subscription, send):
                self.lost.append(Anomaly(f"{who}: not on {subscription}; {self._last_trace_of(send)}", shown_by))
                return
        if any(gone > (send.sequence or 0) for gone in self._ledger.memberships.removals(room, user)):
            return  # they went before they got to listen (again), and no socket of theirs missed it
        if not subscriptions and self._never_came(room, user):
            return
        if not subscriptions:
            self.unobserved.append(f"{who}: had no socket in room {send.room}")
            return
        over = user in self._signed_out and subscriptions[-1].ended is not None
        if not over and not self._before_listening(subscriptions, send.sequence):
            unexplained = "it may have come before joining" if self._drained else "the run did not wait for it"
            self.unobserved.append(f"{who}: {subscriptions[-1].ended or unexplained}")

    def _never_came(self, room: str, user: str) -> bool:
        """Whether nobody answered when somebody was to be added, and the room's whole log knows nothing of it."""
        stored = self._ledger.stored_rooms.get(room)
        return (
            stored is not None
            and not stored.horizon
            and not self._ledger.memberships.additions_before(room, user, 1 << 62)
        )

    def _proof_of_loss(self, subscription: Subscription, send: Operation) -> tuple[Record, ...]:
        """The records that show that a socket should have had a message; none when it need not have."""
        listened_on = self._drained and subscription.ended is None
        if send.sequence is None:
            return (subscription.joined, send) if listened_on else ()
        if send.sequence <= subscription.after:
            passed_over = not subscription.reset and send.started_ns > subscription.joined.at_ns
            return (subscription.joined, send) if passed_over else ()
        for frame in subscription.events:
            if (frame.sequence or 0) > send.sequence:
                return (subscription.joined, send, frame)
        return (subscription.joined, send) if listened_on else ()

    def _last_trace_of(self, send: Operation) -> str:
        if not self._ledger.witnessed and not self._ledger.kafka_read:
            return "Kafka was not read"
        witnessed = self._ledger.witnessed.get(send.message_id or "")
        if witnessed is None:
            return "not in Kafka either"
        return f"in Kafka at partition {witnessed.partition} offset {witnessed.offset}"

    def _before_listening(self, subscriptions: list[Subscription], sequence: int | None) -> bool:
        """Whether a message stood in the room before somebody began to listen, for the first time or once again.

        Such a message is theirs to read, and no socket owes it to them.
        """
        if sequence is None:
            return False
        before = None
        for subscription in subscriptions:
            if sequence <= subscription.after:
                return before is None or not self._ledger.goes_on(before, subscription)
            before = subscription
        return False
