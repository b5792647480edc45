"""Kafka records as this service's events: what happened in a room, and which session ended.

The value of a record is a Debezium envelope (`before`, `after`, `op`, …) around one row. Only the columns used here
are decoded, once; the payload, itself JSON text in a column, stays text until somebody in this process wants it:
every replica reads every room's events, and most rooms have nobody here.
"""

from typing import Annotated, TypeVar

import msgspec

ROOM_EVENTS = "chat.public.room_events"
SESSIONS = "authentication.public.sessions"

MESSAGE_CREATED = "message.created"
MESSAGE_EDITED = "message.edited"
MESSAGE_DELETED = "message.deleted"
MEMBER_ADDED = "member.added"
MEMBER_REMOVED = "member.removed"
ROOM_CREATED = "room.created"
ROOM_UPDATED = "room.updated"

T = TypeVar("T")


class UnreadableError(ValueError):
    """A record that is not what its topic promises: to be logged with its offset and skipped."""


class RoomEvent(msgspec.Struct, frozen=True, gc=False):
    """One change of a room, as its ordered log has it.

    Attributes:
        room_id: which room.
        sequence: place in the room's log: dense, starting at 1.
        type: what happened; a type this version does not know is passed over, not an error.
        payload: what exactly, as JSON text.
        created_at: when, in ISO 8601.
        traceparent: W3C trace context of the request that caused it.
    """

    room_id: str
    sequence: Annotated[int, msgspec.Meta(ge=1)]
    type: str
    payload: str
    created_at: str
    traceparent: str | None = None


class SessionEnded(msgspec.Struct, frozen=True, gc=False):
    """A session was revoked or deleted: its sockets must close."""

    session_id: str


class MessageCreated(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Payload of `message.created`."""

    id: str
    sender_id: str
    content: str


class MessageChanged(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Payload of `message.edited`, and of `message.deleted`, which has no content; where the message itself stands."""

    id: str
    sender_id: str
    message_sequence: int
    content: str = ""


class Member(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Payload of `member.added` and `member.removed`."""

    member_id: str


class Description(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Payload of `room.created` and `room.updated`, as far as members are shown it."""

    name: str
    description: str | None = None
    photo_path: str | None = None
    privacy: str | None = None


class _RoomEnvelope(msgspec.Struct, gc=False):
    op: str
    after: RoomEvent | None = None


class _Session(msgspec.Struct, gc=False):
    id: str
    revoked_at: str | int | None = None


class _SessionEnvelope(msgspec.Struct, gc=False):
    op: str
    before: _Session | None = None
    after: _Session | None = None


_room_envelope = msgspec.json.Decoder(_RoomEnvelope)
_session_envelope = msgspec.json.Decoder(_SessionEnvelope)
_message = msgspec.json.Decoder(MessageCreated)
_changed = msgspec.json.Decoder(MessageChanged)
_member = msgspec.json.Decoder(Member)
_description = msgspec.json.Decoder(Description)


def event(topic: str, value: bytes | None) -> RoomEvent | SessionEnded | None:
    """Return what a record says, or None when it says nothing that sockets could be told.

    Raises:
        UnreadableError: the record is malformed.
    """
    if value is None:  # a tombstone: the row was deleted, as the record before it said
        return None
    return room_event(value) if topic == ROOM_EVENTS else session_ended(value)


def room_event(value: bytes) -> RoomEvent | None:
    """Return the event in a record of room events; the removal of old ones (retention) is none."""
    envelope = _decoded(_room_envelope, value)
    if envelope.op == "d":
        return None
    if envelope.after is None:
        raise UnreadableError(f"op {envelope.op!r} without `after`")
    return envelope.after


def session_ended(value: bytes) -> SessionEnded | None:
    """Return the end of a session, when that is what a record of sessions says; a deleted session has ended too."""
    envelope = _decoded(_session_envelope, value)
    session = envelope.before if envelope.op == "d" else envelope.after
    if session is None:
        raise UnreadableError(f"op {envelope.op!r} without the row it is about")
    if envelope.op == "d" or session.revoked_at is not None:
        return SessionEnded(session.id)
    return None


def message_created(event: RoomEvent) -> MessageCreated:
    """Return the payload of a `message.created` event, or raise UnreadableError."""
    return _decoded(_message, event.payload)


def message_changed(event: RoomEvent) -> MessageChanged:
    """Return the payload of a `message.edited` or `message.deleted` event, or raise UnreadableError."""
    return _decoded(_changed, event.payload)


def member(event: RoomEvent) -> Member:
    """Return the payload of a `member.added` or `member.removed` event, or raise UnreadableError."""
    return _decoded(_member, event.payload)


def description(event: RoomEvent) -> Description:
    """Return the payload of a `room.created` or `room.updated` event, or raise UnreadableError."""
    return _decoded(_description, event.payload)


def _decoded(decoder: msgspec.json.Decoder[T], text: bytes | str) -> T:
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # msgspec names the place and the type, never the value, so this may be logged.
        raise UnreadableError(str(error)) from None
