"""The ledger: a history put in order for the checkers, so that each of them is one question long.

It answers who asked for what and what they were told (`operations`, `sends`), who is a member of which room and when
(`members`, `memberships`), which socket listened to which room from which sequence until when (`subscriptions`), what
each socket received (`events`, `deliveries`), what the independent readers found in Kafka and PostgreSQL (`log`,
`stored`), and what was broken when (`windows`). It judges nothing.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from veigo.checkers.fault_window import FaultWindow, windows_of
from veigo.checkers.memberships import Memberships
from veigo.history import (
    MEMBER_ADDED,
    MEMBER_REMOVED,
    MESSAGE_CREATED,
    AlarmRaised,
    Compared,
    FaultEvent,
    Frame,
    GeneratorSecond,
    KafkaRead,
    Mark,
    Operation,
    Record,
    RunStarted,
    SocketEvent,
    Stored,
    StoredRoom,
    Witnessed,
)
from veigo.outcome import Outcome

# Frames that say something about the subscription and not about the room; they are no events of its log.
NO_EVENTS = frozenset({"JOINED", "LEFT", "RESET", "ERROR", "UNREADABLE"})
_SUREST_FIRST = (Outcome.OK, Outcome.UNKNOWN, Outcome.FAILED)


@dataclass(slots=True)
class Subscription:
    """One socket listening to one room, from JOINED to LEFT or the socket's end."""

    user: str
    name: str
    socket: int
    room: str
    # The room's sequence when the socket joined; what comes after it is owed to the socket.
    after: int
    # The frame that said so.
    joined: Frame
    # Why it ended before the run did, or None when it listened to the end.
    ended: str | None = None
    # Whether it ended because the user asked for no more of the room.
    left: bool = False
    # Every event of the room's log that came, messages among them.
    events: list[Frame] = field(default_factory=list)
    # Whether the socket was told, just before, that what it had cannot be continued.
    reset: bool = False

    @property
    def reached(self) -> int:
        """The last sequence it had."""
        return max([self.after, *(frame.sequence or 0 for frame in self.events)])

    def __str__(self) -> str:
        return f"{self.name}'s socket {self.socket} in room {self.room}"


@dataclass(slots=True)
class SocketLife:
    """One socket, from its opening to its end."""

    opened: SocketEvent
    closed: SocketEvent | None = None


@dataclass(slots=True)
class Ledger:
    """A whole history, indexed."""

    run: RunStarted | None = None
    marks: dict[str, Mark] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    # By message id; a message sent several times is as sure as the surest of its sends.
    sends: dict[str, Operation] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    memberships: Memberships = field(default_factory=Memberships)
    subscriptions: list[Subscription] = field(default_factory=list)
    sockets: dict[int, SocketLife] = field(default_factory=dict)
    # Every frame of an event of a room's log, in the order received, whoever got it; and the MESSAGE ones among them.
    events: list[Frame] = field(default_factory=list)
    deliveries: list[Frame] = field(default_factory=list)
    # Every JOINED frame, whoever got it.
    joins: list[Frame] = field(default_factory=list)
    # Every record the reader of Kafka found, duplicates among them; and the first one of each new message.
    log: list[Witnessed] = field(default_factory=list)
    witnessed: dict[str, Witnessed] = field(default_factory=dict)
    kafka_read: list[KafkaRead] = field(default_factory=list)
    # By room: what the reader of PostgreSQL found, if it read that room.
    stored: dict[str, list[Stored]] = field(default_factory=lambda: defaultdict(list))
    stored_rooms: dict[str, StoredRoom] = field(default_factory=dict)
    # The last comparison of each copy.
    compared: dict[str, Compared] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    faults: list[FaultEvent] = field(default_factory=list)
    alarms: list[AlarmRaised] = field(default_factory=list)
    # How the processes that made the load kept up with themselves.
    generators: list[GeneratorSecond] = field(default_factory=list)
    _open: dict[tuple[int, str], Subscription] = field(default_factory=dict)
    _reset: set[tuple[int, str]] = field(default_factory=set)
    _under_way: dict[int, Operation] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[Record]) -> "Ledger":
        """Index a history."""
        ledger = cls()
        for record in records:
            ledger._take(record)
        # The harness was killed: what it had asked for has an unknown ending, and will never have another.
        for operation in ledger._under_way.values():
            ledger._take_ended(operation)
        return ledger

    def acknowledged(self) -> list[Operation]:
        """The sends whose sender was told that the message is stored."""
        return [send for send in self.sends.values() if send.outcome is Outcome.OK]

    def stored_events(self) -> Iterator[Stored]:
        """Every event that the reader of PostgreSQL found, room by room."""
        return itertools.chain.from_iterable(self.stored.values())

    def log_events(self) -> Iterator[Stored | Witnessed]:
        """Every event that either independent reader found."""
        yield from self.stored_events()
        yield from self.log

    @property
    def windows(self) -> list[FaultWindow]:
        """What was broken, from when to when."""
        return windows_of(self.faults)

    def goes_on(self, before: Subscription, after: Subscription) -> bool:
        """Whether a user's next subscription of a room is to go on where one ended: not if they had left, or had to."""
        removals = self.memberships.removals(before.room, before.user)
        return not before.left and not any(before.after < gone <= after.after for gone in removals)

    def who(self, user: str | None) -> str:
        """A user's name where there is one; evidence is read by people."""
        return self.names.get(user or "", user or "nobody")

    def _take(self, record: Record) -> None:
        match record:
            case Frame():
                self._take_frame(record)
            case Operation():
                self._take_operation(record)
            case Stored():
                self.stored[record.room].append(record)
                self._note_member(record, record.type == MEMBER_ADDED, record.type == MEMBER_REMOVED)
            case Witnessed():
                self._take_witnessed(record)
            case SocketEvent():
                self._take_socket(record)
            case _:
                self._take_rare(record)

    def _take_rare(self, record: Record) -> None:
        match record:
            case RunStarted():
                self.run = record
            case Mark():
                self.marks[record.name] = record
            case FaultEvent():
                self.faults.append(record)
            case AlarmRaised():
                self.alarms.append(record)
            case KafkaRead():
                self.kafka_read.append(record)
            case StoredRoom():
                self.stored_rooms[record.room] = record
            case Compared():
                self.compared[record.what] = record
            case GeneratorSecond():
                self.generators.append(record)

    def _take_operation(self, operation: Operation) -> None:
        under_way = operation.ended_ns == 0 and operation.number > 0
        if under_way:
            self._under_way[operation.number] = operation
            return
        self._under_way.pop(operation.number, None)
        self._take_ended(operation)

    def _take_ended(self, operation: Operation) -> None:
        self.operations.append(operation)
        if operation.name == "send" and operation.message_id is not None:
            before = self.sends.get(operation.message_id)
            if before is None or _surer(operation, before):
                self.sends[operation.message_id] = operation
        if operation.name == "sign_up" and operation.content is not None:
            self.names[operation.user] = operation.content
        # Who may be a member is treated as one: an unknown ending may have added them.
        adds = operation.name in {"create_room", "add_members"} and operation.outcome is not Outcome.FAILED
        if adds and operation.room is not None:
            self.members[operation.room].update(operation.members or ())

    def _take_witnessed(self, witnessed: Witnessed) -> None:
        self.log.append(witnessed)
        self._note_member(witnessed, witnessed.type == MEMBER_ADDED, witnessed.type == MEMBER_REMOVED)
        if witnessed.type == MESSAGE_CREATED and witnessed.message_id is not None:
            self.witnessed.setdefault(witnessed.message_id, witnessed)

    def _take_frame(self, frame: Frame) -> None:
        room = frame.room or ""
        key = (frame.socket, room)
        if frame.type not in NO_EVENTS:
            self._take_event(frame, self._open.get(key))
            return
        match frame.type:
            case "RESET":
                self._reset.add(key)
            case "JOINED":
                self.joins.append(frame)
                if key in self._open:  # asked twice and answered twice; the first answer began it
                    return
                who = self.who(frame.user)
                joined = Subscription(frame.user, who, frame.socket, room, after=frame.sequence or 0, joined=frame)
                joined.reset = key in self._reset
                self._open[key] = joined
                self.subscriptions.append(joined)
            case "LEFT":
                self._end(key, f"left: {frame.reason or 'asked to'}", left=frame.reason is None)

    def _take_event(self, frame: Frame, subscription: Subscription | None) -> None:
        self.events.append(frame)
        if frame.type == "MESSAGE":
            self.deliveries.append(frame)
        else:
            self._note_member(frame, frame.type == "MEMBER_ADDED", frame.type == "MEMBER_REMOVED")
        if subscription is not None:
            subscription.events.append(frame)

    def _note_member(self, event: Stored | Witnessed | Frame, added: bool, removed: bool) -> None:
        if (added or removed) and event.room and event.member and event.sequence is not None:
            self.memberships.note(event.room, event.member, event.sequence, added=added)

    def _take_socket(self, event: SocketEvent) -> None:
        if event.event == "opened":
            self.sockets[event.socket] = SocketLife(event)
            return
        if event.socket in self.sockets:
            self.sockets[event.socket].closed = event
        if not event.ours:
            why = f"closed with {event.code} {event.reason or ''}".strip()
            for key in [key for key in self._open if key[0] == event.socket]:
                self._end(key, why)

    def _end(self, key: tuple[int, str], why: str, *, left: bool = False) -> None:
        if (subscription := self._open.pop(key, None)) is not None:
            subscription.ended, subscription.left = why, left


def _surer(one: Operation, other: Operation) -> bool:
    return _SUREST_FIRST.index(one.outcome) < _SUREST_FIRST.index(other.outcome)
