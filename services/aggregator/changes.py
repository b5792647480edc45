"""What a Kafka record means: Debezium's envelope, read strictly where it matters and tolerantly elsewhere.

`change_in` gives the change a record tells of, None when it tells of nothing that concerns us (tombstones, fields
and event types of later versions, rows leaving the insert-only log), or raises `Unreadable` with the reason. An
unreadable record goes to the dead letters; it must not stop the records behind it.

Identifiers become document ids and JSON pointers, and versions become BSON and JSON numbers. So both are checked
here: past this module nothing a record holds can make a database refuse a whole batch.
"""

from dataclasses import dataclass
from typing import Annotated

import msgspec

ROOM_EVENTS = "chat.public.room_events"
PROFILES = "chat.public.profiles"
SESSIONS = "authentication.public.sessions"
READ_MARKS = "chat.public.read_marks"
SOURCE_TOPICS = (ROOM_EVENTS, PROFILES, READ_MARKS, SESSIONS)

VERSION_MAX = 2**53 - 1  # the largest integer every JSON reader agrees on

Identifier = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Za-z_-]{1,64}\Z")]
Version = Annotated[int, msgspec.Meta(ge=1, le=VERSION_MAX)]
Count = Annotated[int, msgspec.Meta(ge=0, le=VERSION_MAX)]


class Unreadable(Exception):  # noqa: N818 - reads as what it says, as Problem does
    """A record that cannot be understood; the message says why."""


@dataclass(frozen=True, slots=True)
class RoomChange:
    """Something happened in a room: its place in the room's log, and when; nothing else that concerns us."""

    room: str
    sequence: int
    at: str


@dataclass(frozen=True, slots=True)
class RoomDescribed(RoomChange):
    """A room was created, or described anew. What is None was not said."""

    type: str | None = None
    name: str | None = None
    privacy: str | None = None
    description: str | None = None
    photo_path: str | None = None


@dataclass(frozen=True, slots=True)
class MemberChanged(RoomChange):
    """Somebody became a member, or stopped being one."""

    member: str
    active: bool
    member_count: int | None
    message_count: int


@dataclass(frozen=True, slots=True)
class MessageChanged(RoomChange):
    """A message was written, edited or deleted: all of it as it now is.

    Attributes:
        message: its id.
        sender: who wrote it.
        place: its own sequence, which an edit does not move.
        number: its place among the room's messages.
        created_at: when it was written.
        content: its words; None when it was deleted.
    """

    message: str
    sender: str
    place: int
    number: int
    created_at: str
    content: str | None


@dataclass(frozen=True, slots=True)
class RoomState(RoomChange):
    """A room as a snapshot found it: everything that was said of it up to its sequence.

    Attributes:
        version: sequence of the newest change of its members or privacy.
        members: how many it has.
        messages: how many were ever written in it.
    """

    version: int
    type: str
    name: str
    privacy: str
    description: str | None
    photo_path: str | None
    members: int
    messages: int


@dataclass(frozen=True, slots=True)
class ReadMark:
    """How far somebody has read a room: up to a sequence, which is that many messages."""

    room: str
    member: str
    sequence: int
    number: int


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """A session began, or was revoked; a deleted one is revoked for good."""

    id: str
    version: int
    revoked: bool
    account: str | None
    client: str | None


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """A profile as it now is; its version is the change's place in the database's log."""

    id: str
    version: int
    active: bool
    name: str | None
    about: str | None
    photo_path: str | None
    updated_at: str | None


Change = RoomChange | ReadMark | SessionChanged | ProfileChanged


class _EventRow(msgspec.Struct):
    room_id: Identifier
    sequence: Version
    type: str
    payload: str
    created_at: str = ""


class _EventEnvelope(msgspec.Struct):
    op: str
    after: _EventRow | None = None


class _Described(msgspec.Struct, rename="camel"):
    name: str | None = None
    type: str | None = None
    privacy: str | None = None
    description: str | None = None
    photo_path: str | None = None


class _Created(_Described, rename="camel", kw_only=True):
    name: str
    type: str
    privacy: str


class _Member(msgspec.Struct, rename="camel"):
    member_id: Identifier
    member_count: Count | None = None
    message_count: Count = 0


class _Message(msgspec.Struct, rename="camel"):
    id: Identifier
    sender_id: Identifier
    content: str | None = None
    number: Count = 0
    message_sequence: Version | None = None
    message_created_at: str | None = None


class _ReadMarkRow(msgspec.Struct):
    room_id: Identifier
    member_id: Identifier
    sequence: Count
    number: Count


class _ReadMarkEnvelope(msgspec.Struct):
    op: str
    after: _ReadMarkRow | None = None


class _SessionRow(msgspec.Struct):
    id: Identifier
    version: Version
    account_id: Identifier
    client_id: str
    revoked_at: str | None = None


class _Gone(msgspec.Struct):
    """A deleted row: the replica identity tells its primary key, and nothing else reliably."""

    id: Identifier


class _SessionEnvelope(msgspec.Struct):
    op: str
    before: _Gone | None = None
    after: _SessionRow | None = None


class _ProfileRow(msgspec.Struct):
    id: Identifier
    name: str | None = None
    about: str | None = None
    photo_path: str | None = None
    updated_at: str | None = None
    deleted_at: str | None = None


class _Source(msgspec.Struct):
    lsn: Version


class _ProfileEnvelope(msgspec.Struct):
    op: str
    source: _Source
    before: _Gone | None = None
    after: _ProfileRow | None = None


_event = msgspec.json.Decoder(_EventEnvelope)
_session = msgspec.json.Decoder(_SessionEnvelope)
_profile = msgspec.json.Decoder(_ProfileEnvelope)
_created = msgspec.json.Decoder(_Created)
_described = msgspec.json.Decoder(_Described)
_member = msgspec.json.Decoder(_Member)
_message = msgspec.json.Decoder(_Message)
_read_mark = msgspec.json.Decoder(_ReadMarkEnvelope)


def change_in(topic: str, value: bytes | None) -> Change | None:
    """The change this record tells of, or None when it does not concern us; raises Unreadable."""
    if topic not in _readers:
        raise Unreadable(f"nobody here reads topic {topic}")
    if value is None:  # a tombstone: it only lets Kafka compact the key
        return None
    try:
        return _readers[topic](value)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Unreadable(str(error)) from error


def _room_change(value: bytes) -> RoomChange | None:
    envelope = _event.decode(value)
    row = envelope.after
    if envelope.op not in ("c", "r"):  # the log is insert-only: an update or delete of it is housekeeping
        return None
    if row is None:
        raise Unreadable("the envelope says a row was inserted and has no `after`")
    at = (row.room_id, row.sequence, row.created_at)
    match row.type:
        case "message.created" | "message.edited" | "message.deleted":
            said = _message.decode(row.payload)
            return MessageChanged(
                *at,
                message=said.id,
                sender=said.sender_id,
                place=said.message_sequence or row.sequence,
                number=said.number,
                created_at=said.message_created_at or row.created_at,
                content=None if row.type == "message.deleted" else said.content,
            )
        case "member.added" | "member.removed":
            who = _member.decode(row.payload)
            active = row.type == "member.added"
            return MemberChanged(*at, who.member_id, active, who.member_count, who.message_count)
        case "room.created" | "room.updated":
            told = (_created if row.type == "room.created" else _described).decode(row.payload)
            return RoomDescribed(*at, told.type, told.name, told.privacy, told.description, told.photo_path)
        case _:  # what later versions add: the log moved on
            return RoomChange(*at)


def _read_mark_change(value: bytes) -> ReadMark | None:
    row = _read_mark.decode(value).after
    return None if row is None else ReadMark(row.room_id, row.member_id, row.sequence, row.number)


def _session_change(value: bytes) -> SessionChanged | None:
    envelope = _session.decode(value)
    if envelope.op == "d" and envelope.before is not None:
        return SessionChanged(envelope.before.id, VERSION_MAX, revoked=True, account=None, client=None)
    row = envelope.after
    if row is None:
        return None
    return SessionChanged(row.id, row.version, row.revoked_at is not None, row.account_id, row.client_id)


def _profile_change(value: bytes) -> ProfileChanged | None:
    envelope = _profile.decode(value)
    version = envelope.source.lsn
    if envelope.op == "d" and envelope.before is not None:
        return ProfileChanged(envelope.before.id, version, False, None, None, None, None)
    row = envelope.after
    if row is None:
        return None
    return ProfileChanged(
        row.id,
        version,
        active=row.deleted_at is None,
        name=row.name,
        about=row.about,
        photo_path=row.photo_path,
        updated_at=row.updated_at,
    )


_readers = {
    ROOM_EVENTS: _room_change,
    PROFILES: _profile_change,
    READ_MARKS: _read_mark_change,
    SESSIONS: _session_change,
}
