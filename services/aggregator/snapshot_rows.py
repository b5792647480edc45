"""What a row of a snapshot of the tables means: the same as the newest of the events that made it.

`veigo rebuild` has Debezium read the tables into one topic, in one transaction each database. A row says what its last
change said, so most rows become the changes that the rules know already; only a room tells more at once than any of
its events did. Notifications of how the snapshot goes are in the topic too and concern nobody here.
"""

from collections.abc import Callable

import msgspec

from services.aggregator.changes import (
    PROFILES,
    READ_MARKS,
    SESSIONS,
    Change,
    Count,
    Identifier,
    MemberChanged,
    MessageChanged,
    RoomState,
    Unreadable,
    Version,
    change_in,
)


class _Source(msgspec.Struct):
    table: str


class _Envelope(msgspec.Struct):
    source: _Source | None = None
    after: msgspec.Raw = msgspec.Raw(b"null")


class _Room(msgspec.Struct):
    id: Identifier
    name: str
    type: str
    privacy: str
    last_sequence: Version
    membership_version: Version
    message_count: Count
    member_count: Count
    changed_at: str
    description: str | None = None
    photo_path: str | None = None


class _Member(msgspec.Struct):
    room_id: Identifier
    member_id: Identifier
    sequence: Version
    created_at: str
    message_count: Count


class _Message(msgspec.Struct):
    id: Identifier
    room_id: Identifier
    sender_id: Identifier
    content: str
    sequence: Version
    revision: Version
    number: Count
    created_at: str
    updated_at: str
    deleted_at: str | None = None


_envelope = msgspec.json.Decoder(_Envelope)
_rooms = msgspec.json.Decoder(_Room)
_members = msgspec.json.Decoder(_Member)
_messages = msgspec.json.Decoder(_Message)

# Their rows are read as their live records are: these tables are captured as they stand.
_AS_CAPTURED = {"profiles": PROFILES, "read_marks": READ_MARKS, "sessions": SESSIONS}


def change_in_row(value: bytes | None) -> Change | None:
    """The change this record of a snapshot tells of, None when it is a notification; raises Unreadable."""
    if value is None:
        return None
    try:
        envelope = _envelope.decode(value)
        if envelope.source is None:
            return None
        table = envelope.source.table
        if table in _AS_CAPTURED:
            return change_in(_AS_CAPTURED[table], value)
        if table in _readers:
            return _readers[table](bytes(envelope.after))
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Unreadable(str(error)) from error
    raise Unreadable(f"nobody here reads rows of {table}")


def _room(row: bytes) -> Change:
    room = _rooms.decode(row)
    return RoomState(
        room.id,
        room.last_sequence,
        room.changed_at,
        version=room.membership_version,
        type=room.type,
        name=room.name,
        privacy=room.privacy,
        description=room.description,
        photo_path=room.photo_path,
        members=room.member_count,
        messages=room.message_count,
    )


def _member(row: bytes) -> Change:
    member = _members.decode(row)
    return MemberChanged(
        member.room_id, member.sequence, member.created_at, member.member_id, True, None, member.message_count
    )


def _message(row: bytes) -> Change:
    message = _messages.decode(row)
    return MessageChanged(
        message.room_id,
        message.revision,
        message.updated_at,
        message=message.id,
        sender=message.sender_id,
        place=message.sequence,
        number=message.number,
        created_at=message.created_at,
        content=message.content if message.deleted_at is None else None,
    )


_readers: dict[str, Callable[[bytes], Change]] = {"rooms": _room, "room_members": _member, "messages": _message}
