"""What the rules keep of one room: who is in it, who is on the way in, and the answers that they wait for."""

from dataclasses import dataclass, field
from typing import Generic

from services.realtime import event_frames, records
from services.realtime.actions import Limits, Socket
from services.realtime.records import RoomEvent


@dataclass(frozen=True, slots=True)
class RoomPosition:
    """Where a room's log stood when a join was allowed: its newest sequence, and its newest about membership."""

    last_sequence: int
    membership_version: int


@dataclass(frozen=True, slots=True)
class LogPage:
    """A part of a room's log, read in one snapshot for somebody who may join.

    Attributes:
        position: where the log stood in that snapshot.
        horizon: events up to this sequence are gone.
        events: those after the sequence that was asked for, dense; fewer than there are when they are many.
    """

    position: RoomPosition
    horizon: int
    events: tuple[RoomEvent, ...]


@dataclass(frozen=True, slots=True)
class News:
    """An event as the sockets of a room need it: what to send, and who was removed."""

    sequence: int
    frame: bytes
    removed: str | None


def news(event: RoomEvent) -> News:
    """Return an event as the sockets need it; UnreadableError when its payload is malformed."""
    removed = records.member(event).member_id if event.type == records.MEMBER_REMOVED else None
    return News(event.sequence, event_frames.frame(event), removed)


@dataclass(slots=True)
class Waiting:
    """A socket on its way in: it waits for an answer, and what happens meanwhile is kept for it.

    Attributes:
        attempt: of which an answer is expected.
        name: of the room, in the client's spelling.
        after: the last sequence the client has, when it wants to resume.
        begun: whether it was told JOINED; from then on it is owed everything after `reached`.
        reached: the last sequence it was sent, once begun.
        version: the newest membership version it was let in at.
        answers_owed: a client that asks twice meanwhile gets two answers.
        kept: what happened meanwhile, in order.
        kept_bytes: of their frames.
    """

    attempt: int
    name: str
    after: int | None = None
    begun: bool = False
    reached: int = 0
    version: int = 0
    answers_owed: int = 1
    kept: list[News] = field(default_factory=list)
    kept_bytes: int = 0

    def keep(self, happened: News, limits: Limits) -> None:
        """Keep what happened; too much of it is let go, and read from the log later."""
        self.kept.append(happened)
        self.kept_bytes += len(happened.frame)
        if len(self.kept) > limits.join_buffer_events_max or self.kept_bytes > limits.join_buffer_bytes_max:
            self.forget_kept()

    @property
    def kept_after_reached(self) -> list[News]:
        """What was kept and is not sent yet."""
        return [happened for happened in self.kept if happened.sequence > self.reached]

    def goes_on(self, seen: int, last_sequence: int) -> bool:
        """Whether what was kept begins where the socket stands; if nothing was, whether there is nothing between.

        Args:
            seen: the newest sequence that change capture brought.
            last_sequence: where the log stood when it was read.
        """
        kept = self.kept_after_reached
        return kept[0].sequence == self.reached + 1 if kept else self.reached >= max(seen, last_sequence)

    def forget_kept(self) -> None:
        """Let go of everything kept."""
        self.kept.clear()
        self.kept_bytes = 0


@dataclass(slots=True)
class Room(Generic[Socket]):
    """A room somebody here is in, or on the way into.

    Attributes:
        seen: newest sequence that came in since somebody is here.
        members: who receives, and where and at which membership version they began.
        waiting: who is on the way in.
    """

    seen: int = 0
    members: dict[Socket, RoomPosition] = field(default_factory=dict)
    waiting: dict[Socket, Waiting] = field(default_factory=dict)
