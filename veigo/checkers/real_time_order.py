"""The order of a room is the real one: a message acknowledged before another one was sent stands before it."""

from collections import defaultdict

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.ledger import Ledger
from veigo.history import Operation
from veigo.verdict import Finding


class RealTimeOrder(Checker):
    """No message stands before one that had been acknowledged before it was sent."""

    promise = "A message acknowledged before another one was sent stands before it"
    anomaly = "real-time violation: a later send with a lower sequence"

    def check(self, ledger: Ledger) -> Finding:
        """Sweep each room's sends by time, beside the highest sequence acknowledged so far."""
        rooms: dict[str | None, list[Operation]] = defaultdict(list)
        for send in ledger.acknowledged():
            if send.sequence is not None:
                rooms[send.room].append(send)
        compared = sum(len(sends) for sends in rooms.values() if len(sends) > 1)
        if compared == 0:
            return self.inconclusive("no room had two acknowledged messages")

        overtaken = [anomaly for sends in rooms.values() for anomaly in _overtaken(sends)]
        if overtaken:
            return self.convicted(ledger, f"{len(overtaken)} messages stand before what came before them", overtaken)
        return self.holds(f"{compared:,} acknowledged messages, each after all that had been acknowledged before it")


def _overtaken(sends: list[Operation]) -> list[Anomaly]:
    overtaken = []
    acknowledged = sorted(sends, key=lambda send: send.ended_ns)
    highest: Operation | None = None
    at = 0
    for send in sorted(sends, key=lambda send: send.started_ns):
        while at < len(acknowledged) and acknowledged[at].ended_ns < send.started_ns:
            highest = max(highest or acknowledged[at], acknowledged[at], key=lambda each: each.sequence or 0)
            at += 1
        if highest is not None and (send.sequence or 0) < (highest.sequence or 0):
            what = (
                f"message {send.message_id} got sequence {send.sequence} in room {send.room},"
                f" though {highest.sequence} had been acknowledged before it was sent"
            )
            overtaken.append(Anomaly(what, (highest, send)))
    return overtaken
