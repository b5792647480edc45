"""What a room's history has shown it goes on showing, unless it was deleted.

A page that was read shows its messages. Every later read whose page reaches back that far must show them too: a page
covers what is not older than its oldest message, and the whole room when it was the last page.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from dataclasses import dataclass, field

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.ledger import Ledger
from veigo.history import MESSAGE_DELETED, Operation
from veigo.outcome import Outcome
from veigo.verdict import Finding


class NeverUnshown(Checker):
    """No message disappeared from a room's history."""

    promise = "A message once shown in a room's history is shown by every later read, unless it was deleted"
    anomaly = "un-shown (non-monotonic read): a message that one read had and a later one has not"

    def __init__(self, *, reads_min: int = 2) -> None:
        self._reads_min = reads_min

    def concerns(self, ledger: Ledger) -> bool:
        """Whether any room was read twice."""
        return any(len(reads) > 1 for reads in _reads(ledger).values())

    def check(self, ledger: Ledger) -> Finding:
        """Go through each room's reads by time, beside all that had been shown before each began."""
        rooms = _reads(ledger)
        count = sum(len(reads) for reads in rooms.values())
        if count < self._reads_min or not any(len(reads) > 1 for reads in rooms.values()):
            return self.inconclusive(f"{count} reads of {len(rooms)} rooms; too few to tell")

        sequences = _sequences(ledger)
        deleted_ns = _deleted_ns(ledger)
        unshown: list[Anomaly] = []
        shown = 0
        for reads in rooms.values():
            history = _History(sequences, deleted_ns)
            unshown += history.follow(reads)
            shown += len(history.shown_by)
        if unshown:
            return self.convicted(ledger, f"{len(unshown)} times a message was not shown any more", unshown)
        return self.holds(f"{count:,} reads of {len(rooms):,} rooms; each of {shown:,} messages stayed once shown")


@dataclass(slots=True)
class _History:
    """What one room has shown so far."""

    sequences: dict[str, int]
    deleted_ns: dict[str, int]
    shown_by: dict[str, Operation] = field(default_factory=dict)
    _ordered: list[tuple[int, str]] = field(default_factory=list)

    def follow(self, reads: list[Operation]) -> list[Anomaly]:
        """Find what a read should have shown and did not."""
        unshown: list[Anomaly] = []
        ended = sorted(reads, key=lambda read: read.ended_ns)
        at = 0
        for read in sorted(reads, key=lambda read: read.started_ns):
            while at < len(ended) and ended[at].ended_ns < read.started_ns:
                self._show(ended[at])
                at += 1
            unshown += self._missing_from(read)
        return unshown

    def _show(self, read: Operation) -> None:
        for message_id in read.read or ():
            if message_id not in self.shown_by and message_id in self.sequences:
                self.shown_by[message_id] = read
                insort(self._ordered, (self.sequences[message_id], message_id))

    def _missing_from(self, read: Operation) -> list[Anomaly]:
        there = set(read.read or ())
        known = [self.sequences[each] for each in there if each in self.sequences]
        if read.complete:
            oldest = 0
        elif known:
            oldest = min(known)
        else:
            return []
        return [
            Anomaly(
                f"message {message_id} (sequence {sequence}) of room {read.room} was shown, and then not any more",
                (self.shown_by[message_id], read),
            )
            for sequence, message_id in self._ordered[bisect_left(self._ordered, (oldest, "")) :]
            if message_id not in there and self.deleted_ns.get(message_id, read.ended_ns) >= read.ended_ns
        ]


def _reads(ledger: Ledger) -> dict[str | None, list[Operation]]:
    rooms: dict[str | None, list[Operation]] = defaultdict(list)
    for operation in ledger.operations:
        if operation.name == "read" and operation.outcome is Outcome.OK and operation.read is not None:
            rooms[operation.room].append(operation)
    return rooms


def _sequences(ledger: Ledger) -> dict[str, int]:
    """Where each message stands, by whoever says so; one that nobody places cannot be looked for."""
    placed = [(event.message_id, event.sequence) for event in ledger.witnessed.values()]
    placed += [(frame.message_id, frame.sequence) for frame in ledger.deliveries if frame.sequence is not None]
    placed += [(send.message_id, send.sequence) for send in ledger.sends.values() if send.sequence is not None]
    return {message_id: sequence for message_id, sequence in placed if message_id}


def _deleted_ns(ledger: Ledger) -> dict[str, int]:
    """From when on a message may be gone: when somebody set out to delete it; always, if the log alone says it was."""
    gone = {event.message_id: 0 for event in ledger.log_events() if event.type == MESSAGE_DELETED and event.message_id}
    for operation in ledger.operations:
        if operation.name == "delete" and operation.outcome is not Outcome.FAILED and operation.message_id:
            gone[operation.message_id] = operation.started_ns
    return gone
