"""Realtime's frames, as far as the gateway is their client: what is asked, and the answers as GraphQL has them. Pure.

Both directions share one envelope, `{"type": T, "payload": [object]}`; services/realtime/README.md describes it.
"""

from typing import Any

import msgspec

from services.gateway.event_types import RoomEvent, RoomEventType
from services.gateway.types import RoomPrivacy

JOINED, RESET, LEFT, ERROR = "JOINED", "RESET", "LEFT", "ERROR"

_TYPES = {
    JOINED: RoomEventType.joined,
    RESET: RoomEventType.reset,
    LEFT: RoomEventType.left,
    "MESSAGE": RoomEventType.message_created,
    "MESSAGE_EDITED": RoomEventType.message_edited,
    "MESSAGE_DELETED": RoomEventType.message_deleted,
    "MEMBER_ADDED": RoomEventType.member_added,
    "MEMBER_REMOVED": RoomEventType.member_removed,
    "ROOM_CREATED": RoomEventType.room_created,
    "ROOM_UPDATED": RoomEventType.room_updated,
}
_PRIVACIES = {privacy.value: privacy for privacy in RoomPrivacy}


class _Words(msgspec.Struct, rename="camel"):
    sender_id: str | None = None
    content: str | None = None


class Payload(msgspec.Struct, rename="camel"):
    """What a frame says, whichever it is."""

    room_id: str | None = None
    sequence: int | None = None
    created_at: str | None = None
    id: str | None = None
    sender_id: str | None = None
    content: _Words | None = None
    message_sequence: int | None = None
    member_id: str | None = None
    name: str | None = None
    description: str | None = None
    photo_path: str | None = None
    privacy: str | None = None
    reason: str | None = None
    horizon: int | None = None
    code: str | None = None


class Frame(msgspec.Struct):
    """A frame of realtime's."""

    type: str
    payload: tuple[Payload]

    @property
    def said(self) -> Payload:
        """Its one object."""
        return self.payload[0]


class _Later(msgspec.Struct):
    type: str
    payload: msgspec.Raw = msgspec.Raw(b"[]")


class _Place(msgspec.Struct, rename="camel"):
    room_id: str | None = None
    sequence: int | None = None
    created_at: str | None = None


_decoder = msgspec.json.Decoder(Frame)
_later = msgspec.json.Decoder(_Later)
_place = msgspec.json.Decoder(list[_Place])
_encode = msgspec.json.Encoder().encode


def read(data: str | bytes) -> Frame:
    """Return the frame in a message; of a type that a later version may add, only its place, however it is shaped.

    Raises:
        msgspec.DecodeError: it is none.
    """
    try:
        return _decoder.decode(data)
    except msgspec.ValidationError:
        later = _later.decode(data)
        if later.type in _TYPES or later.type == ERROR:
            raise
    try:
        place = _place.decode(later.payload)[0]
    except (msgspec.DecodeError, IndexError):  # about no room, as far as we can tell
        place = _Place()
    return Frame(later.type, (Payload(room_id=place.room_id, sequence=place.sequence, created_at=place.created_at),))


def join(room_id: str, after: int | None) -> str:
    """Return the frame that asks for a room's events: those after a sequence, or those from now on."""
    return _asking("JOIN_ROOM", {"name": room_id} if after is None else {"name": room_id, "after": after})


def leave(room_id: str) -> str:
    """Return the frame that asks for no more of them."""
    return _asking("LEAVE_ROOM", {"name": room_id})


def _asking(kind: str, room: dict[str, Any]) -> str:
    return _encode({"type": kind, "payload": [room]}).decode()


def event(frame: Frame) -> RoomEvent:
    """Return what a frame says, as subscribers get it; an event of a type we do not know is one all the same."""
    said = frame.said
    words = said.content or _Words()
    written = frame.type == "MESSAGE"  # its own place is where it stands
    return RoomEvent(
        type=_TYPES.get(frame.type, RoomEventType.room_event),
        room_id=said.room_id,
        sequence=said.sequence,
        created_at=said.created_at,
        message_id=said.id,
        sender_id=words.sender_id or said.sender_id,
        content=words.content,
        message_sequence=said.sequence if written else said.message_sequence,
        member_id=said.member_id,
        name=said.name,
        description=said.description,
        photo_path=said.photo_path,
        privacy=_PRIVACIES.get(said.privacy or ""),
        reason=said.reason,
        horizon=said.horizon,
    )
