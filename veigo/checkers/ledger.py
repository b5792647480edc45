"""The ledger: a history put in order for the checkers, so that each of them is one question long.

It answers four things: who asked for which message and what they were told (`sends`), who is a member of which room
(`members`), which socket listened to which room from which sequence until when (`subscriptions`), and what each socket
received (`deliveries`). It judges nothing.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from veigo.history import FaultEvent, Frame, Mark, Operation, Record, RunStarted, SocketEvent, Witnessed
from veigo.outcome import Outcome


@dataclass(slots=True)
class Subscription:
    """One socket listening to one room, from JOINED to LEFT or the socket's end."""

    user: str
    name: str
    socket: int
    room: str
    # The room's sequence when the socket joined; what comes after it is owed to the socket.
    after: int
    # Why it ended before the run did, or None when it listened to the end.
    ended: str | None = None
    received: list[Frame] = field(default_factory=list)
    # The sequence of every event of the room's log that came, whatever its type.
    sequences: list[int] = field(default_factory=list)
    # Whether the socket was told, just before, that what it had cannot be continued.
    reset: bool = False

    def __str__(self) -> str:
        return f"{self.name}'s socket {self.socket} in room {self.room}"


@dataclass(slots=True)
class Ledger:
    """A whole history, indexed."""

    run: RunStarted | None = None
    marks: dict[str, Mark] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    sends: dict[str, Operation] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    subscriptions: list[Subscription] = field(default_factory=list)
    # Every MESSAGE frame in the order received, whoever got it.
    deliveries: list[Frame] = field(default_factory=list)
    # Every JOINED frame, whoever got it.
    joins: list[Frame] = field(default_factory=list)
    witnessed: dict[str, Witnessed] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    faults: list[FaultEvent] = field(default_factory=list)
    _open: dict[tuple[int, str], Subscription] = field(default_factory=dict)
    _reset: set[tuple[int, str]] = field(default_factory=set)

    @classmethod
    def of(cls, records: Iterable[Record]) -> "Ledger":
        """Index a history."""
        ledger = cls()
        for record in records:
            ledger._take(record)
        return ledger

    def acknowledged(self) -> list[Operation]:
        """The sends whose sender was told that the message is stored."""
        return [send for send in self.sends.values() if send.outcome is Outcome.OK]

    def who(self, user: str | None) -> str:
        """A user's name where there is one; evidence is read by people."""
        return self.names.get(user or "", user or "nobody")

    def _take(self, record: Record) -> None:
        match record:
            case RunStarted():
                self.run = record
            case Mark():
                self.marks[record.name] = record
            case Operation():
                self._take_operation(record)
            case Frame():
                self._take_frame(record)
            case SocketEvent(event="closed", ours=False):
                self._end_all_of(record.socket, f"closed with {record.code} {record.reason or ''}".strip())
            case FaultEvent():
                self.faults.append(record)
            case Witnessed():
                self.witnessed[record.message_id] = record

    def _take_operation(self, operation: Operation) -> None:
        self.operations.append(operation)
        if operation.name == "send" and operation.message_id is not None:
            self.sends[operation.message_id] = operation
        if operation.name == "sign_up" and operation.content is not None:
            self.names[operation.user] = operation.content
        # Who may be a member is treated as one: an unknown ending may have added them.
        adds = operation.name in {"create_room", "add_members"} and operation.outcome is not Outcome.FAILED
        if adds and operation.room is not None:
            self.members[operation.room].update(operation.members or ())

    def _take_frame(self, frame: Frame) -> None:
        room = frame.room or ""
        subscription = self._open.get((frame.socket, room))
        if subscription is not None and frame.sequence is not None and frame.type not in {"JOINED", "LEFT", "RESET"}:
            subscription.sequences.append(frame.sequence)
        match frame.type:
            case "RESET":
                self._reset.add((frame.socket, room))
            case "JOINED":
                self.joins.append(frame)
                joined = Subscription(frame.user, self.who(frame.user), frame.socket, room, after=frame.sequence or 0)
                joined.reset = (frame.socket, room) in self._reset
                self._open[frame.socket, room] = joined
                self.subscriptions.append(joined)
            case "LEFT":
                self._end(frame.socket, room, f"left: {frame.reason or 'asked to'}")
            case "MESSAGE":
                self.deliveries.append(frame)
                if subscription is not None:
                    subscription.received.append(frame)

    def _end_all_of(self, socket: int, why: str) -> None:
        for ended_socket, room in [key for key in self._open if key[0] == socket]:
            self._end(ended_socket, room, why)

    def _end(self, socket: int, room: str, why: str) -> None:
        if (subscription := self._open.pop((socket, room), None)) is not None:
            subscription.ended = why
