"""The JSON of the socket: what clients may send, and what they are sent.

Both directions share one envelope, `{"type": T, "payload": [object]}`, as the original system has it. A client's
frame becomes a `JoinRoom` or `LeaveRoom`, or a Problem whose sentence says how to write it; keys we do not know are
tolerated, so newer clients can talk to older servers. The frames for clients are built here and nowhere else.

    JOIN_ROOM, LEAVE_ROOM   →            {"type":"JOIN_ROOM","payload":[{"name":"<room id>","after":17}]}
    JOINED, LEFT            ←            the subscription began or ended, at which place in the room's log
    RESET                   ←            what the client holds cannot be continued: read the room anew
    MESSAGE                 ←            a message, with its place in the room's log
    MESSAGE_EDITED, …       ←            every other event of the log, with its place (`event_frames.py`)
    ERROR                   ←            a sentence, a code, and the room it is about where there is one
"""

import re
from dataclasses import dataclass
from typing import Annotated

import msgspec

from services.problems import Code, Problem
from services.realtime.records import MessageCreated, RoomEvent

EXAMPLE = '{"type":"JOIN_ROOM","payload":[{"name":"<room id>"}]}'
SEQUENCE_MAX = 2**53 - 1  # what every JSON reader can tell from its neighbours
QUOTED_CHARS_MAX = 80  # of what a client sent, in the answer to it

_ROOM_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class JoinRoom:
    """A client wants a room's events: all after the sequence `after`, or those from now on.

    `name` is the room's id; the original calls it so.
    """

    name: str
    after: int | None = None


@dataclass(frozen=True, slots=True)
class LeaveRoom:
    """A client wants no more of a room."""

    name: str


ClientFrame = JoinRoom | LeaveRoom

_KINDS: dict[str, type[JoinRoom] | type[LeaveRoom]] = {"JOIN_ROOM": JoinRoom, "LEAVE_ROOM": LeaveRoom}


class _Envelope(msgspec.Struct):
    type: str
    payload: msgspec.Raw = msgspec.Raw()


class _Room(msgspec.Struct):
    name: str
    after: Annotated[int, msgspec.Meta(ge=0, le=SEQUENCE_MAX)] | None = None


_envelope = msgspec.json.Decoder(_Envelope)
_rooms = msgspec.json.Decoder(list[_Room])


def read(data: str | bytes) -> ClientFrame:
    """Return what a client asks for.

    Raises:
        Problem: INVALID_ARGUMENT, worded for the person who wrote the client.
    """
    if isinstance(data, bytes):
        raise _unreadable("Binary messages are not supported")
    try:
        envelope = _envelope.decode(data)
    except msgspec.ValidationError as error:
        raise _unreadable(f"The frame has the wrong shape ({error}); send {EXAMPLE}") from None
    except (msgspec.DecodeError, RecursionError):
        raise _unreadable(f"The frame is not JSON; send {EXAMPLE}") from None
    kind = _KINDS.get(envelope.type)
    if kind is None:
        raise _unreadable(f"There is no frame type {quoted(envelope.type)}; the types are {', '.join(_KINDS)}")
    try:
        rooms = _rooms.decode(envelope.payload)
    except (msgspec.DecodeError, RecursionError):
        rooms = []
    if len(rooms) != 1:
        example = EXAMPLE.replace("JOIN_ROOM", envelope.type)
        what = "one object with the room's id as `name` and, to resume, the last sequence seen as `after`"
        raise _unreadable(f"The payload must be a list of {what}; send {example}")
    return JoinRoom(rooms[0].name, rooms[0].after) if kind is JoinRoom else LeaveRoom(rooms[0].name)


def room_id(name: str) -> str:
    """Return the id of the room a client names, in the spelling of the room's records.

    Raises:
        Problem: INVALID_ARGUMENT, because no room can have that name.
    """
    spelled = name.lower()
    if _ROOM_ID.fullmatch(spelled) is None:
        raise _unreadable(f"{quoted(name)} is not a room id; it is the UUID that CreateRoom and ListRooms return")
    return spelled


def quoted(text: str) -> str:
    """Return a client's own words for use in a sentence, cut to a bounded length."""
    return f'"{text}"' if len(text) <= QUOTED_CHARS_MAX else f'"{text[:QUOTED_CHARS_MAX]}…"'


def _unreadable(message: str) -> Problem:
    return Problem(Code.INVALID_ARGUMENT, message)


class _Content(msgspec.Struct, gc=False, rename="camel"):
    sender_id: str
    content: str


class _Message(msgspec.Struct, gc=False, rename="camel", omit_defaults=True):
    type: str
    content: _Content
    id: str
    room_id: str
    sequence: int
    created_at: str
    traceparent: str | None = None


class _Joined(msgspec.Struct, gc=False, rename="camel"):
    room_id: str
    sequence: int
    membership_version: int


class _Reset(msgspec.Struct, gc=False, rename="camel"):
    room_id: str
    sequence: int
    horizon: int
    reason: str


class _Left(msgspec.Struct, gc=False, rename="camel", omit_defaults=True):
    room_id: str
    sequence: int | None = None
    reason: str | None = None


class _Error(msgspec.Struct, gc=False, rename="camel", omit_defaults=True):
    reason: str
    code: Code
    room_id: str | None = None


class _ServerFrame(msgspec.Struct, gc=False):
    type: str
    payload: tuple[_Message | _Joined | _Reset | _Left | _Error]


_encode = msgspec.json.Encoder().encode

# What stands in a frame's payload, by the frame's type: the contract is made of these (`frame_contract.py`).
RECEIVED: dict[str, type[msgspec.Struct]] = {"JOIN_ROOM": _Room, "LEAVE_ROOM": _Room}
SENT: dict[str, type[msgspec.Struct]] = {
    "JOINED": _Joined,
    "RESET": _Reset,
    "MESSAGE": _Message,
    "LEFT": _Left,
    "ERROR": _Error,
}


def message(event: RoomEvent, created: MessageCreated) -> bytes:
    """Return the MESSAGE frame of a message that was written in a room."""
    content = _Content(created.sender_id, created.content)
    written = _Message(
        "message", content, created.id, event.room_id, event.sequence, event.created_at, event.traceparent
    )
    return _encode(_ServerFrame("MESSAGE", (written,)))


def joined(room_id: str, sequence: int, membership_version: int) -> bytes:
    """Return the JOINED frame: everything in the room after `sequence` will be sent."""
    return _encode(_ServerFrame("JOINED", (_Joined(room_id, sequence, membership_version),)))


def reset(room_id: str, sequence: int, horizon: int) -> bytes:
    """Return the RESET frame: events up to `horizon` are gone, so the room is to be read anew, up to `sequence`."""
    reason = "the events you ask for are no longer kept; read the room anew"
    return _encode(_ServerFrame("RESET", (_Reset(room_id, sequence, horizon, reason),)))


def left(room_id: str, sequence: int | None = None, reason: str | None = None) -> bytes:
    """Return the LEFT frame: nothing of the room (after `sequence`, where it ended by itself) will be sent."""
    return _encode(_ServerFrame("LEFT", (_Left(room_id, sequence, reason),)))


def error(problem: Problem, room_id: str | None = None) -> bytes:
    """Return the ERROR frame for a problem with what the client sent last, or with the room named."""
    return _encode(_ServerFrame("ERROR", (_Error(problem.message, problem.code, room_id),)))
