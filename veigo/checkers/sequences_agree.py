"""A room has one log, whoever is asked: PostgreSQL, Kafka, every socket and every acknowledgement.

A place in it belongs to one event, and an event has one place. PostgreSQL's log is dense, 1 to the last sequence of the
room; what retention forgot is left out. And Kafka has all that PostgreSQL has, once the run has waited for it, each
room in one partition and, but for repetitions, in its order.
"""

from collections import defaultdict
from collections.abc import Iterator

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.ledger import Ledger
from veigo.history import MESSAGE_CREATED, Frame, Operation, Record, Stored, Witnessed
from veigo.verdict import Finding

_TYPES = {
    "MESSAGE": MESSAGE_CREATED,
    "MESSAGE_EDITED": "message.edited",
    "MESSAGE_DELETED": "message.deleted",
    "MEMBER_ADDED": "member.added",
    "MEMBER_REMOVED": "member.removed",
    "ROOM_CREATED": "room.created",
    "ROOM_UPDATED": "room.updated",
}

Place = tuple[str | None, int]
Event = tuple[str, str | None]  # type, and whom or what it is about


class SequencesAgree(Checker):
    """PostgreSQL, Kafka, the sockets and the acknowledgements tell of one and the same log."""

    promise = "PostgreSQL, Kafka and every socket have one and the same log of a room, without a hole"
    anomaly = "inconsistent offsets: two events at one place, one at two places, a hole, or one that was never captured"

    def check(self, ledger: Ledger) -> Finding:
        """Collect who says what stands where, and hold it against each other."""
        if not ledger.deliveries:
            return self.inconclusive("no socket received a message")

        claims = _Claims(ledger)
        missing, under_way = _not_captured(ledger)
        anomalies = [*claims.contradictions(), *_holes(ledger), *missing, *_out_of_order(ledger)]
        if anomalies:
            return self.convicted(ledger, f"{len(anomalies)} contradictions", anomalies)
        if under_way:
            return self.inconclusive(f"the run did not wait until Kafka had {under_way:,} events that PostgreSQL has")
        asked = ["the sockets", "the acknowledgements"]
        asked += ["Kafka"] if ledger.log else []
        asked += ["PostgreSQL"] if ledger.stored_rooms else []
        return self.holds(f"{claims.places:,} places in {claims.rooms:,} rooms, the same by {', '.join(asked)}")


class _Claims:
    """Who says what stands where; the first to say it is remembered."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._at: dict[Place, dict[Event, Record]] = defaultdict(dict)
        self._of_message: dict[str, dict[Place, Record]] = defaultdict(dict)
        for log in ledger.stored.values():
            for stored in log:
                self._note(stored.room, stored.sequence, _event(stored), stored)
        for witnessed in ledger.log:
            self._note(witnessed.room, witnessed.sequence, _event(witnessed), witnessed)
        for frame in ledger.events:
            event = (_TYPES.get(frame.type, frame.type), frame.message_id or frame.member)
            self._note(frame.room, frame.sequence, event, frame)
        for send in ledger.acknowledged():
            self._note(send.room, send.sequence, (MESSAGE_CREATED, send.message_id), send)
        self.places = len(self._at)
        self.rooms = len({room for room, _ in self._at})

    def contradictions(self) -> Iterator[Anomaly]:
        """Places that two sources give to two events, and messages that have two places."""
        for (room, sequence), by in self._at.items():
            if len(by) > 1:
                claims = " but ".join(f"{_name(event)} by {self._source(record)}" for event, record in by.items())
                yield Anomaly(f"sequence {sequence} of room {room} is {claims}", tuple(by.values()))
        for message_id, places in self._of_message.items():
            if len(places) > 1:
                claims = " but ".join(f"{place[1]} by {self._source(record)}" for place, record in places.items())
                yield Anomaly(f"message {message_id} is at {claims}", tuple(places.values()))

    def _note(self, room: str | None, sequence: int | None, event: Event, source: Record) -> None:
        if sequence is None:
            return
        self._at[room, sequence].setdefault(event, source)
        if event[0] == MESSAGE_CREATED and event[1] is not None:
            self._of_message[event[1]].setdefault((room, sequence), source)

    def _source(self, record: Record) -> str:
        match record:
            case Frame():
                return f"{self._ledger.who(record.user)}'s socket"
            case Operation():
                return "its acknowledgement"
            case Witnessed():
                return "Kafka"
        return "PostgreSQL"


def _event(event: Stored | Witnessed) -> Event:
    return event.type, event.message_id or event.member


def _name(event: Event) -> str:
    return event[1] or event[0] if event[0] == MESSAGE_CREATED else " ".join(filter(None, event))


def _holes(ledger: Ledger) -> Iterator[Anomaly]:
    """Places between the room's first and last that PostgreSQL has no event for, or beyond the last."""
    for room, head in ledger.stored_rooms.items():
        there = sorted(event.sequence for event in ledger.stored[room])
        expected = head.horizon
        for sequence in there:
            expected += 1
            if sequence != expected:
                yield Anomaly(f"PostgreSQL's log of room {room} has {sequence} where {expected} was next", (head,))
                expected = sequence
        if expected != head.last_sequence:
            what = f"PostgreSQL's log of room {room} ends at {expected}, and the room says {head.last_sequence}"
            yield Anomaly(what, (head,))


def _not_captured(ledger: Ledger) -> tuple[list[Anomaly], int]:
    """What PostgreSQL has and Kafka has not, where Kafka was read from before the room was made.

    Beside it, how many more there are at the ends of rooms' logs where a run did not wait for them.
    """
    missing: list[Anomaly] = []
    under_way = 0
    if not ledger.kafka_read or any(read.oldest > read.begin for read in ledger.kafka_read):
        return missing, under_way
    waited = "drained" in ledger.marks
    captured: dict[str, set[int]] = defaultdict(set)
    for record in ledger.log:
        captured[record.room].add(record.sequence)
    for room in ledger.members.keys() & ledger.stored.keys():
        head, reached = ledger.stored_rooms.get(room), max(captured[room], default=0)
        for event in ledger.stored[room]:
            if event.sequence in captured[room] or (head is not None and event.sequence <= head.horizon):
                continue
            if waited or event.sequence < reached:
                what = f"sequence {event.sequence} of room {room} ({event.type}) never came to Kafka"
                missing.append(Anomaly(what, (event, *ledger.kafka_read)))
            else:
                under_way += 1
    return missing, under_way


def _out_of_order(ledger: Ledger) -> Iterator[Anomaly]:
    """Rooms that lie in two partitions, and records that stand behind a later one without having stood before it."""
    partitions: dict[str, Witnessed] = {}
    highest: dict[str, Witnessed] = {}
    seen: set[tuple[str, int]] = set()
    for record in ledger.log:
        first = partitions.setdefault(record.room, record)
        if record.partition != first.partition:
            what = f"room {record.room} is in Kafka's partitions {first.partition} and {record.partition}"
            yield Anomaly(what, (first, record))
        before = highest.setdefault(record.room, record)
        if record.sequence >= before.sequence:
            highest[record.room] = record
        elif (record.room, record.sequence) not in seen:
            what = f"Kafka has sequence {record.sequence} of room {record.room} behind {before.sequence}"
            yield Anomaly(what, (before, record))
        seen.add((record.room, record.sequence))
