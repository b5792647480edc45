"""A pen to write histories by hand: one short line for each thing that happened."""

import pytest

from veigo.checkers.ledger import Ledger
from veigo.history import Frame, Mark, Operation, Record, SocketEvent, Witnessed
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
        self.records.append(Operation("create_room", members[0], room=room, members=list(members), outcome=Outcome.OK))
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

    def asks(self, name: str, user: str, room: str, **details: object) -> "Story":
        operation = Operation(name, user, room=room, outcome=Outcome.OK)
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

    def witnessed(self, message: str, sequence: int, room: str = "hall") -> "Story":
        self.records.append(Witnessed(message, room, sequence, 1_000, 2, 0, sequence))
        return self

    def loses_socket(self, user: str, *, ours: bool = False) -> "Story":
        at_ns = self.tick()
        self.records.append(SocketEvent("closed", user, self.socket(user), at_ns, at_ns, ours=ours, code=1012))
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
