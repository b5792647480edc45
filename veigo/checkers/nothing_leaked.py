"""Nobody hears a room they are not in, and nobody hears what nobody said.

A leak is a frame of a room, JOINED included, on the socket of somebody who is no member, or on a socket that has not
joined it. A forgery is a message whose sender was refused, that this run never sent, or that says something else than
was sent, down to the last code point.
"""

from veigo.checkers.checker import Checker
from veigo.checkers.ledger import Ledger
from veigo.history import Frame
from veigo.outcome import Outcome
from veigo.verdict import Finding


class NothingLeaked(Checker):
    """Only members received a room's messages, and exactly what was sent."""

    promise = "Nobody received a room they are not in, or words that nobody sent"

    def check(self, ledger: Ledger) -> Finding:
        """Hold every frame against the memberships and the sends."""
        if not ledger.deliveries:
            return self.inconclusive("no socket received a message")

        joined = {(subscription.socket, subscription.room) for subscription in ledger.subscriptions}
        wrong = [_trespass(ledger, frame) for frame in (*ledger.joins, *ledger.deliveries)]
        wrong += [_eavesdropping(ledger, frame, joined) for frame in ledger.deliveries]
        wrong += [_forgery(ledger, frame) for frame in ledger.deliveries]
        evidence = [line for line in wrong if line is not None]
        if evidence:
            return self.violated(f"{len(evidence)} frames that should not be", evidence)
        return self.holds(f"{len(ledger.deliveries):,} deliveries, all to members, all word for word")


def _trespass(ledger: Ledger, frame: Frame) -> str | None:
    if frame.user in ledger.members.get(frame.room or "", ()):
        return None
    return f"{ledger.who(frame.user)}, no member of room {frame.room}, received {frame.type} {frame.message_id or ''}"


def _eavesdropping(ledger: Ledger, frame: Frame, joined: set[tuple[int, str]]) -> str | None:
    if (frame.socket, frame.room or "") in joined:
        return None
    return f"{ledger.who(frame.user)}'s socket {frame.socket} received room {frame.room} without having joined it"


def _forgery(ledger: Ledger, frame: Frame) -> str | None:
    to = f"to {ledger.who(frame.user)}"
    send = ledger.sends.get(frame.message_id or "")
    if send is None:
        return f"message {frame.message_id} {to}: nobody sent it"
    if send.outcome is Outcome.FAILED:
        return f"message {frame.message_id} {to}: its sender was refused ({send.code})"
    if send.room != frame.room:
        return f"message {frame.message_id} {to}: sent to room {send.room}, came in room {frame.room}"
    if send.user != frame.sender:
        return f"message {frame.message_id} {to}: sent by {ledger.who(send.user)}, signed {ledger.who(frame.sender)}"
    if send.content != frame.content:
        return f"message {frame.message_id} {to}: {_difference(send.content or '', frame.content or '')}"
    return None


def _difference(sent: str, came: str) -> str:
    """Say where two texts part, in ASCII: what cannot be seen is what differs most often."""
    pairs = zip(sent, came, strict=False)
    at = next((index for index, (left, right) in enumerate(pairs) if left != right), min(len(sent), len(came)))
    parts = (
        f"differs at character {at}",
        f"sent {sent[at : at + 12]!a} of {len(sent)} characters",
        f"came {came[at : at + 12]!a} of {len(came)}",
    )
    return ", ".join(parts)
