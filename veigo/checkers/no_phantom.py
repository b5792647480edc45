"""Nobody hears what nobody said.

A phantom is a message whose sender was refused, that this run never sent, or that says something else than was sent,
down to the last code point. It is one on a socket, and it is one in PostgreSQL, in Kafka or on a page that was read.
"""

from collections.abc import Iterator

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.ledger import Ledger
from veigo.history import MESSAGE_CREATED, Frame, Operation, Record
from veigo.outcome import Outcome
from veigo.verdict import Finding


class NoPhantom(Checker):
    """Every message that was received, stored, captured or read is one that was sent, word for word."""

    promise = "Nobody received words that nobody sent"
    anomaly = "phantom (G1a, aborted read): a message that was refused, never sent, or altered on its way"

    def check(self, ledger: Ledger) -> Finding:
        """Hold every appearance of a message against what was sent."""
        if not ledger.deliveries:
            return self.inconclusive("no socket received a message")

        anomalies = [found for frame in ledger.deliveries if (found := _forgery(ledger, frame)) is not None]
        anomalies += _unsent(ledger)
        if anomalies:
            return self.convicted(ledger, f"{len(anomalies)} appearances of what nobody sent", anomalies)
        return self.holds(f"{len(ledger.deliveries):,} deliveries, all word for word as they were sent")


def _forgery(ledger: Ledger, frame: Frame) -> Anomaly | None:
    send = ledger.sends.get(frame.message_id or "")
    if send is None:
        wrong = "nobody sent it"
    elif send.outcome is Outcome.FAILED:
        wrong = f"its sender was refused ({send.code})"
    elif send.room != frame.room:
        wrong = f"sent to room {send.room}, came in room {frame.room}"
    elif send.user != frame.sender:
        wrong = f"sent by {ledger.who(send.user)}, signed {ledger.who(frame.sender)}"
    elif send.content != frame.content:
        wrong = _difference(send.content or "", frame.content or "")
    else:
        return None
    shown_by: tuple[Record, ...] = (frame,) if send is None else (send, frame)
    return Anomaly(f"message {frame.message_id} to {ledger.who(frame.user)}: {wrong}", shown_by)


def _unsent(ledger: Ledger) -> Iterator[Anomaly]:
    """Find what stands in a store, or on a page, and was never sent, or refused; in rooms that this run made."""
    places: list[tuple[str, str | None, str | None, Record]] = [
        ("in PostgreSQL", event.message_id, event.room, event)
        for event in ledger.stored_events()
        if event.type == MESSAGE_CREATED
    ]
    places += [("in Kafka", event.message_id, event.room, event) for event in ledger.witnessed.values()]
    places += [
        ("on a page that was read", each, page.room, page) for page in _pages(ledger) for each in page.read or ()
    ]
    for where, message_id, room, record in places:
        if room not in ledger.members:
            continue
        send = ledger.sends.get(message_id or "")
        if send is None:
            yield Anomaly(f"message {message_id} {where}: nobody sent it", (record,))
        elif send.outcome is Outcome.FAILED:
            yield Anomaly(f"message {message_id} {where}: its sender was refused ({send.code})", (send, record))


def _pages(ledger: Ledger) -> list[Operation]:
    return [operation for operation in ledger.operations if operation.read is not None]


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
