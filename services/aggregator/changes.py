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
SOURCE_TOPICS = (ROOM_EVENTS, PROFILES, SESSIONS)

VERSION_MAX = 2**53 - 1  # the largest integer every JSON reader agrees on

Identifier = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Za-z_-]{1,64}\Z")]
Version = Annotated[int, msgspec.Meta(ge=1, le=VERSION_MAX)]


class Unreadable(Exception):  # noqa: N818 - reads as what it says, as Problem does
    """A record that cannot be understood; the message says why."""


@dataclass(frozen=True, slots=True)
class RoomChange:
    """Something happened in a room: its place in the room's log, and nothing else that concerns us."""

    room: str
    sequence: int


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


@dataclass(frozen=True, slots=True)
class MessageSent(RoomChange):
    """A message was written. Its text stays in chat's database."""

    id: str
    sender: str
    created_at: str


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


Change = RoomChange | SessionChanged | ProfileChanged


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


class _Message(msgspec.Struct, rename="camel"):
    id: Identifier
    sender_id: Identifier


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
    room, sequence = row.room_id, row.sequence
    match row.type:
        case "message.created":
            message = _message.decode(row.payload)
            return MessageSent(room, sequence, message.id, message.sender_id, row.created_at)
        case "member.added" | "member.removed":
            return MemberChanged(room, sequence, _member.decode(row.payload).member_id, row.type == "member.added")
        case "room.created" | "room.updated":
            said = (_created if row.type == "room.created" else _described).decode(row.payload)
            return RoomDescribed(room, sequence, said.type, said.name, said.privacy, said.description, said.photo_path)
        case _:  # edits and deletions of messages, and what later versions add: the log moved on
            return RoomChange(room, sequence)


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
        active=True,
        name=row.name,
        about=row.about,
        photo_path=row.photo_path,
        updated_at=row.updated_at,
    )


_readers = {ROOM_EVENTS: _room_change, PROFILES: _profile_change, SESSIONS: _session_change}
