"""The frame of every event of a room's log, so that a client sees each sequence and a gap is always one.

    MESSAGE                          type, content {senderId, content}, id
    MESSAGE_EDITED                   the same, and messageSequence: where the message itself stands
    MESSAGE_DELETED                  id, senderId, messageSequence
    MEMBER_ADDED, MEMBER_REMOVED     memberId
    ROOM_CREATED, ROOM_UPDATED       name, description, photoPath, privacy (ROOM_UPDATED: only when it changed)
    ROOM_EVENT                       eventType: something a later version writes

Each also has roomId, sequence and createdAt, and the traceparent of the request that caused it where there was one.
"""

from collections.abc import Callable

import msgspec

from services.realtime import frames, records
from services.realtime.records import RoomEvent


class _Event(msgspec.Struct, gc=False, rename="camel", omit_defaults=True, kw_only=True):
    room_id: str
    sequence: int
    created_at: str
    traceparent: str | None = None


class _Words(msgspec.Struct, gc=False, rename="camel"):
    sender_id: str
    content: str


class _Edited(_Event, kw_only=True):
    type: str
    content: _Words
    id: str
    message_sequence: int


class _Deleted(_Event, kw_only=True):
    id: str
    sender_id: str
    message_sequence: int


class _Member(_Event, kw_only=True):
    member_id: str


class _Room(msgspec.Struct, gc=False, rename="camel"):
    room_id: str
    sequence: int
    created_at: str
    name: str
    description: str | None
    photo_path: str | None
    privacy: str | msgspec.UnsetType = msgspec.UNSET
    traceparent: str | msgspec.UnsetType = msgspec.UNSET


class _Unknown(_Event, kw_only=True):
    event_type: str


class _Frame(msgspec.Struct, gc=False):
    type: str
    payload: tuple[_Edited | _Deleted | _Member | _Room | _Unknown]


_encode = msgspec.json.Encoder().encode

# What stands in a frame's payload, by the frame's type: the contract is made of these (`frame_contract.py`).
SENT: dict[str, type[msgspec.Struct]] = {
    "MESSAGE_EDITED": _Edited,
    "MESSAGE_DELETED": _Deleted,
    "MEMBER_ADDED": _Member,
    "MEMBER_REMOVED": _Member,
    "ROOM_CREATED": _Room,
    "ROOM_UPDATED": _Room,
    "ROOM_EVENT": _Unknown,
}


def frame(event: RoomEvent) -> bytes:
    """Return an event's frame.

    Raises:
        UnreadableError: the payload is not what its type promises.
    """
    if event.type == records.MESSAGE_CREATED:
        return frames.message(event, records.message_created(event))
    return _ENCODERS.get(event.type, _unknown)(event)


def _edited(event: RoomEvent) -> bytes:
    changed = records.message_changed(event)
    return _encode(
        _Frame(
            "MESSAGE_EDITED",
            (
                _Edited(
                    room_id=event.room_id,
                    sequence=event.sequence,
                    created_at=event.created_at,
                    traceparent=event.traceparent,
                    type="message",
                    content=_Words(changed.sender_id, changed.content),
                    id=changed.id,
                    message_sequence=changed.message_sequence,
                ),
            ),
        )
    )


def _deleted(event: RoomEvent) -> bytes:
    changed = records.message_changed(event)
    payload = _Deleted(
        room_id=event.room_id,
        sequence=event.sequence,
        created_at=event.created_at,
        traceparent=event.traceparent,
        id=changed.id,
        sender_id=changed.sender_id,
        message_sequence=changed.message_sequence,
    )
    return _encode(_Frame("MESSAGE_DELETED", (payload,)))


def _member(event: RoomEvent) -> bytes:
    payload = _Member(
        room_id=event.room_id,
        sequence=event.sequence,
        created_at=event.created_at,
        traceparent=event.traceparent,
        member_id=records.member(event).member_id,
    )
    return _encode(_Frame("MEMBER_ADDED" if event.type == records.MEMBER_ADDED else "MEMBER_REMOVED", (payload,)))


def _room(event: RoomEvent) -> bytes:
    said = records.description(event)
    payload = _Room(
        event.room_id,
        event.sequence,
        event.created_at,
        said.name,
        said.description,
        said.photo_path,
        said.privacy or msgspec.UNSET,
        event.traceparent or msgspec.UNSET,
    )
    return _encode(_Frame("ROOM_CREATED" if event.type == records.ROOM_CREATED else "ROOM_UPDATED", (payload,)))


def _unknown(event: RoomEvent) -> bytes:
    payload = _Unknown(
        room_id=event.room_id,
        sequence=event.sequence,
        created_at=event.created_at,
        traceparent=event.traceparent,
        event_type=event.type,
    )
    return _encode(_Frame("ROOM_EVENT", (payload,)))


_ENCODERS: dict[str, Callable[[RoomEvent], bytes]] = {
    records.MESSAGE_EDITED: _edited,
    records.MESSAGE_DELETED: _deleted,
    records.MEMBER_ADDED: _member,
    records.MEMBER_REMOVED: _member,
    records.ROOM_CREATED: _room,
    records.ROOM_UPDATED: _room,
}
