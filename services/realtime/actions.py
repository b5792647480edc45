"""What the rules of `subscriptions.py` ask the edge to do, as plain data, and the close codes clients see.

A socket is whatever the edge uses as its handle: the rules compare and store it, and never call it.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, TypeVar

Socket = TypeVar("Socket", bound=Hashable)


class CloseCode(IntEnum):
    """Why a socket is closed by us; over-long frames get 1009 from the WebSocket library."""

    POLICY_VIOLATION = 1008  # too many frames from this client
    SERVICE_RESTART = 1012  # connect again, to another replica or a little later, and join again
    UNAUTHORIZED = 4401  # the token expired or its session was revoked: a new token is needed first
    TOO_SLOW = 4408  # too much was left unread: connect again and resume


@dataclass(frozen=True, slots=True)
class Deliver(Generic[Socket]):
    """Write one frame, given as its JSON, to these sockets, framed once."""

    frame: bytes
    sockets: Sequence[Socket]


@dataclass(frozen=True, slots=True)
class AskToJoin(Generic[Socket]):
    """Ask whether the socket's account may join and where the room stands; bring the answer with its `attempt`.

    With `after`, what the log holds after that sequence is asked for as well, as much as fits a page, and not before
    the socket has taken what it was sent.
    """

    socket: Socket
    room_id: str
    attempt: int
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Close(Generic[Socket]):
    """Close a socket; the rules have forgotten it already."""

    socket: Socket
    code: CloseCode
    reason: str


Action = Deliver[Socket] | AskToJoin[Socket] | Close[Socket]


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds, and what happens at each.

    Attributes:
        rooms_max: rooms one socket may be in; joining a further one is refused.
        frames_per_s: frames a client may send in the long run; a client that goes on beyond is told and closed.
        frames_burst: frames it may send at once, after a pause.
        join_buffer_events_max: events kept for a join that waits for its answer; with one more all are let go, and
            read from the room's log instead.
        join_buffer_bytes_max: likewise, bytes of their frames; well below what a socket may leave unread.
        outbound_bytes_max: bytes a socket may leave unread before it is closed as too slow.
        ended_sessions_max: ended sessions remembered, for sockets that were being opened meanwhile; older ones are
            forgotten, and permissions know them by then.
    """

    rooms_max: int = 1_000
    frames_per_s: float = 50
    frames_burst: int = 100
    join_buffer_events_max: int = 1_024
    join_buffer_bytes_max: int = 256 * 1024
    outbound_bytes_max: int = 1024 * 1024
    ended_sessions_max: int = 10_000
