"""What chat should be: people, rooms, members and messages in memory, and what each request comes to. Pure.

Every method answers with the name of the gRPC status that chat must answer with, and changes the model if that is OK.
"""

from dataclasses import dataclass, field

OK, FORBIDDEN, NOT_FOUND, INVALID = "OK", "PERMISSION_DENIED", "NOT_FOUND", "INVALID_ARGUMENT"
TAKEN = "ALREADY_EXISTS"


@dataclass
class Said:
    """A message; its content is None when it was deleted."""

    id: str
    sender: str
    sent: str
    content: str | None


@dataclass
class Room:
    """A group; its log is the types of its events."""

    members: list[str]
    public: bool
    log: list[str] = field(default_factory=list)
    messages: list[Said] = field(default_factory=list)
    read: dict[str, int] = field(default_factory=dict)

    def may_read(self, person: str) -> bool:
        """Whether somebody may read what was said."""
        return self.public or person in self.members

    @property
    def shown(self) -> list[tuple[str, str | None]]:
        """The messages of a list, newest first."""
        return [(said.id, said.content) for said in reversed(self.messages) if said.content is not None]


class Chat:
    """All rooms, by id."""

    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}

    def create(self, room: str, creator: str, others: list[str], *, public: bool) -> str:
        """A room is created."""
        members = list(dict.fromkeys([creator, *others]))
        self.rooms[room] = Room(members, public, ["room.created", *["member.added"] * len(members)])
        return OK

    def publish(self, room: str, person: str, *, public: bool) -> str:
        """A room's privacy is set."""
        known = self.rooms[room]
        if person not in known.members:
            return FORBIDDEN
        if known.public != public:
            known.log.append("room.updated")
        known.public = public
        return OK

    def add(self, room: str, person: str, others: list[str]) -> str:
        """Members are added; who is one stays one."""
        known = self.rooms[room]
        if person not in known.members:
            return FORBIDDEN
        new = [other for other in dict.fromkeys(others) if other not in known.members]
        known.members += new
        known.log += ["member.added"] * len(new)
        return OK

    def remove(self, room: str, person: str, other: str) -> str:
        """Somebody is removed by somebody."""
        if person not in self.rooms[room].members:
            return FORBIDDEN
        return self.leave(room, other)

    def leave(self, room: str, person: str) -> str:
        """Somebody is a member no more; how far they have read stays known."""
        known = self.rooms[room]
        if person not in known.members:
            return NOT_FOUND
        known.members.remove(person)
        known.log.append("member.removed")
        return OK

    def send(self, room: str, person: str, message: str, content: str) -> str:
        """A message is sent, or sent again."""
        known = self.rooms[room]
        if person not in known.members:
            return FORBIDDEN
        for place, other in self.rooms.items():
            for said in other.messages:
                if said.id == message:
                    same = (place, said.sender, said.sent) == (room, person, content)
                    return OK if same else TAKEN
        known.messages.append(Said(message, person, content, content))
        known.log.append("message.created")
        return OK

    def rewrite(self, room: str, person: str, message: str, content: str | None) -> str:
        """A message is edited, or deleted by having no content any more."""
        known = self.rooms[room]
        said = next((said for said in known.messages if said.id == message), None)
        if person not in known.members or (said is not None and said.sender != person):
            return FORBIDDEN
        if said is None or said.content is None:
            return NOT_FOUND
        if content is None or content != said.content:
            known.log.append("message.deleted" if content is None else "message.edited")
        said.content = content
        return OK

    def acknowledge(self, room: str, person: str, sequence: int) -> str:
        """Somebody has read up to a sequence."""
        known = self.rooms[room]
        if person not in known.members:
            return FORBIDDEN
        if sequence > len(known.log):
            return INVALID
        known.read[person] = max(known.read.get(person, 0), sequence)
        return OK
