"""People who talk and listen through whatever happens: they try again, reconnect and resume.

    SendAndRead(rooms=4, senders=8, sends_per_s=80)

says who they are; ``talk.py`` lets them. They send under ids of their own and, most of them, make a send of unknown
ending again; they edit, delete and read; and one visitor a room is let in and goes again, so that who may hear what
changes all the time. Somebody uninvited tries to get in throughout.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SendAndRead:
    """Who they are, and how much they say.

    Attributes:
        rooms: how many rooms they have.
        senders: how many of them talk, each in one room.
        sends_per_s: messages a second in all rooms together.
        listeners: how many more listen only, each in one room.
        visitors: whether somebody comes and goes in every room.
    """

    rooms: int = 4
    senders: int = 8
    sends_per_s: float = 50.0
    listeners: int = 0
    visitors: bool = True

    def __post_init__(self) -> None:
        if self.rooms < 1 or self.senders < self.rooms or self.sends_per_s <= 0:
            message = f"nobody can talk: {self!r} needs a room, somebody to talk in each, and messages to send"
            raise ValueError(message)

    def __str__(self) -> str:
        talk = f"{self.senders} people talk in {self.rooms} rooms, {self.sends_per_s:g} messages/s"
        listen = f"; {self.listeners:,} more listen" if self.listeners else ""
        return talk + listen + ("; a visitor comes and goes in each" if self.visitors else "")

    @property
    def people(self) -> int:
        """How many accounts they need: who talks, who listens, a visitor a room, and one who was not invited."""
        return self.senders + self.listeners + (self.rooms if self.visitors else 0) + 1

    def speakers(self) -> tuple[tuple[int, ...], ...]:
        """For each room the numbers of those who talk in it, the one who makes it first."""
        return tuple(tuple(range(room, self.senders, self.rooms)) for room in range(self.rooms))

    def members(self) -> tuple[tuple[int, ...], ...]:
        """For each room the numbers of those who are always in it."""
        always = self.senders + self.listeners
        listening = range(self.senders, always)
        return tuple((*speak, *listening[room :: self.rooms]) for room, speak in enumerate(self.speakers()))

    def visitor(self, room: int) -> int:
        """The number of the one who comes and goes in a room."""
        return self.senders + self.listeners + room
