"""A pen to write histories by hand: one short line for each thing that happened."""

import pytest

from veigo.checkers.ledger import Ledger
from veigo.history import (
    Compared,
    FaultEvent,
    FaultStage,
    Frame,
    KafkaRead,
    Mark,
    Operation,
    Record,
    SocketEvent,
    Stored,
    StoredRoom,
    Witnessed,
)
from veigo.outcome import Outcome


class Story:
    """A history in the making. Users are named as they are, and each has one socket with a number of its own."""

    def __init__(self):
        self.records: list[Record] = []
        self._clock = 0
        self._sends: dict[str, Operation] = {}
        self._sockets: dict[str, int] = {}

    def tick(self) -> int:
        self._clock += 1
        return self._clock

    def socket(self, user: str) -> int:
        return self._sockets.setdefault(user, len(self._sockets) + 1)

    def room(self, room: str, *members: str) -> "Story":
        """Make a room, and let every member listen to it from its first message on."""
        self.asks("create_room", members[0], room, members=list(members))
        for member in members:
            self.joined(member, room)
        return self

    def joined(self, user: str, room: str, at: int = 0) -> "Story":
        at_ns = self.tick()
        self.records.append(Frame("JOINED", user, self.socket(user), at_ns, at_ns, room=room, sequence=at))
        return self

    def sends(self, user: str, room: str, message: str, sequence: int | None = None, **details: object) -> "Story":
        """Send and be acknowledged, unless `details` say another ending."""
        operation = Operation("send", user, room=room, message_id=message, content=f"says {message}", sequence=sequence)
        operation.outcome = Outcome.OK
        operation.started_ns, operation.ended_ns = self.tick(), self.tick()
        for name, value in details.items():
            setattr(operation, name, value)
        self._sends[message] = operation
        self.records.append(operation)
        return self

    def asks(self, name: str, user: str, room: str | None = None, **details: object) -> "Story":
        operation = Operation(name, user, room=room, outcome=Outcome.OK)
        operation.started_ns, operation.ended_ns = self.tick(), self.tick()
        for detail, value in details.items():
            setattr(operation, detail, value)
        self.records.append(operation)
        return self

    def receives(self, message: str, *users: str, **details: object) -> "Story":
        """Let users receive a message as it was sent, save for what `details` say."""
        send = self._sends.get(message) or Operation("send", "nobody", message_id=message)
        for user in users:
            at_ns = self.tick()
            frame = Frame("MESSAGE", user, self.socket(user), at_ns, at_ns, room=send.room, sequence=send.sequence)
            frame.message_id, frame.sender, frame.content = message, send.user, send.content
            for name, value in details.items():
                setattr(frame, name, value)
            self.records.append(frame)
        return self

    def event(self, type_: str, user: str, room: str, sequence: int, **details: object) -> "Story":
        """Let a user receive an event that is no message: MEMBER_REMOVED, say, of a `member`."""
        at_ns = self.tick()
        frame = Frame(type_, user, self.socket(user), at_ns, at_ns, room=room, sequence=sequence)
        for name, value in details.items():
            setattr(frame, name, value)
        self.records.append(frame)
        return self

    def witnessed(self, message: str, sequence: int, room: str = "hall", **details: object) -> "Story":
        self.records.append(Witnessed(message, room, sequence, 1_000, 2, 0, sequence, **details))
        return self

    def kafka_read(self, end: int = 100, *, oldest: int = 0) -> "Story":
        self.records.append(KafkaRead("chat.public.room_events", 0, 0, end, oldest))
        return self

    def stored(self, room: str, *messages: str | None, last: int | None = None, horizon: int = 0) -> "Story":
        """Store messages at 1, 2, 3, …; None leaves a hole."""
        for sequence, message in enumerate(messages, start=horizon + 1):
            if message is not None:
                self.records.append(Stored(room, sequence, "message.created", 1, message_id=message))
        shown = [message for message in messages if message is not None]
        last = horizon + len(messages) if last is None else last
        self.records.append(StoredRoom(room, last, horizon, [], shown))
        return self

    def compared(self, what: str, **details: object) -> "Story":
        at_ns = self.tick()
        compared = Compared(what, 3, [], 0, 0, 1.0, at_ns, at_ns)
        for name, value in details.items():
            setattr(compared, name, value)
        self.records.append(compared)
        return self

    def broken(
        self, fault: str, node: str, *stages: str, at_ns: int | None = None, unavailable: tuple[str, ...] = ()
    ) -> "Story":
        """Let a fault come as far as these stages; all but the last of them when there are none."""
        for stage in stages or ("injected", "felt"):
            when = self.tick() if at_ns is None else at_ns
            event = FaultEvent(fault, [node], FaultStage(stage), when, when, "it was" if stage == "felt" else None)
            event.unavailable = list(unavailable)
            self.records.append(event)
        return self

    def healed(self, fault: str, node: str) -> "Story":
        return self.broken(fault, node, "healing", "healed")

    def opens_socket(self, user: str) -> "Story":
        at_ns = self.tick()
        self.records.append(SocketEvent("opened", user, self.socket(user), at_ns, at_ns))
        return self

    def changes_socket(self, user: str) -> "Story":
        """Give a user another socket from here on."""
        self._sockets[user] = 100 + self.tick()
        return self

    def loses_socket(self, user: str, *, ours: bool = False) -> "Story":
        at_ns = self.tick()
        self.records.append(SocketEvent("closed", user, self.socket(user), at_ns, at_ns, ours=ours, code=1012))
        return self

    def waits(self, ns: int) -> "Story":
        """Let time pass."""
        self._clock += ns
        return self

    def marks(self, *names: str) -> "Story":
        self.records.extend(Mark(name, self.tick(), 0) for name in names)
        return self

    def drained(self) -> "Story":
        return self.marks("drained")

    def ledger(self) -> Ledger:
        return Ledger.of(self.records)


@pytest.fixture
def story() -> Story:
    return Story()


@pytest.fixture
def honest(story: Story) -> Story:
    """Two members and two messages, everything as promised."""
    story.room("hall", "ann", "bob")
    story.sends("ann", "hall", "m1", 1).receives("m1", "ann", "bob")
    story.sends("bob", "hall", "m2", 2).receives("m2", "bob", "ann")
    return story.drained()
