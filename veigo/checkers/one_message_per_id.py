"""A message id is one message, however often it was sent: tried again, sent twice at once, or captured twice."""

from collections import defaultdict

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.ledger import Ledger
from veigo.history import MESSAGE_CREATED, Record
from veigo.outcome import Outcome
from veigo.verdict import Finding


class OneMessagePerId(Checker):
    """No message id has two places in the log, whoever says so."""

    promise = "A message sent again under its id is still one message"
    anomaly = "duplicate: one message id at two places of a log"

    def check(self, ledger: Ledger) -> Finding:
        """Collect the places each source gives to an id: every acknowledgement, PostgreSQL, Kafka, the sockets."""
        acknowledged = [
            operation
            for operation in ledger.operations
            if operation.name == "send" and operation.outcome is Outcome.OK and operation.sequence is not None
        ]
        if not acknowledged:
            return self.inconclusive("no message was acknowledged")

        places: dict[str | None, dict[tuple[str | None, int], Record]] = defaultdict(dict)
        for send in acknowledged:
            places[send.message_id].setdefault((send.room, send.sequence or 0), send)
        for event in ledger.log_events():
            if event.type == MESSAGE_CREATED:
                places[event.message_id].setdefault((event.room, event.sequence), event)
        for frame in ledger.deliveries:
            places[frame.message_id].setdefault((frame.room, frame.sequence or 0), frame)
        twice = [
            Anomaly(f"message {message_id} has {len(at)} places: {_listed(at)}", tuple(at.values()))
            for message_id, at in places.items()
            if message_id is not None and len(at) > 1
        ]
        if twice:
            return self.convicted(ledger, f"{len(twice)} messages are there more than once", twice)
        return self.holds(f"{len(acknowledged):,} acknowledgements of {len(places):,} messages, each at one place")


def _listed(places: dict[tuple[str | None, int], Record]) -> str:
    return ", ".join(f"{sequence} of room {room}" for room, sequence in places)
