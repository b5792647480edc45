"""Domain objects as protobuf messages, and back. Pure."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from protos.veigo.chat.v1 import chat_pb2 as pb
from services.chat.log_store import LoggedEvent
from services.chat.messages import Message
from services.chat.profiles import Profile
from services.chat.rooms import Member, Room
from services.problems import invalid

_TYPES = {"direct": pb.ROOM_TYPE_DIRECT, "group": pb.ROOM_TYPE_GROUP}
_PRIVACIES = {"private": pb.ROOM_PRIVACY_PRIVATE, "public": pb.ROOM_PRIVACY_PUBLIC}
_TYPE_NAMES = {number: name for name, number in _TYPES.items()}
_PRIVACY_NAMES = {number: name for name, number in _PRIVACIES.items()} | {pb.ROOM_PRIVACY_UNSPECIFIED: "private"}


def profile(stored: Profile) -> pb.Profile:
    """Return a profile as its message."""
    return pb.Profile(
        id=str(stored.id),
        photo_path=stored.photo_path,
        name=stored.name,
        about=stored.about,
        created_at=_timestamp(stored.created_at),
        updated_at=_timestamp(stored.updated_at),
    )


def room(stored: Room) -> pb.Room:
    """Return a room as its message."""
    return pb.Room(
        id=str(stored.id),
        photo_path=stored.photo_path,
        name=stored.name,
        description=stored.description,
        type=_TYPES[stored.type],
        privacy=_PRIVACIES[stored.privacy],
        created_at=_timestamp(stored.created_at),
        updated_at=_timestamp(stored.updated_at),
        last_sequence=stored.last_sequence,
    )


def member(stored: Member) -> pb.MemberRoom:
    """Return a membership as its message."""
    return pb.MemberRoom(
        member_id=str(stored.member_id),
        room_id=str(stored.room_id),
        created_at=_timestamp(stored.created_at),
        updated_at=_timestamp(stored.updated_at),
    )


def message(stored: Message) -> pb.Message:
    """Return a chat message as its protobuf message."""
    return pb.Message(
        id=str(stored.id),
        room_id=str(stored.room_id),
        sender_id=str(stored.sender_id),
        content=stored.content,
        created_at=_timestamp(stored.created_at),
        updated_at=_timestamp(stored.updated_at),
        sequence=stored.sequence,
    )


def logged_event(logged: LoggedEvent) -> pb.LoggedEvent:
    """Return an event of a room's log as its message."""
    return pb.LoggedEvent(
        sequence=logged.sequence,
        type=logged.type,
        payload=logged.payload,
        created_at=logged.created_at,
        traceparent=logged.traceparent,
    )


def page_info(cursor: str) -> pb.PageInfo:
    """Return what a list says of its next page."""
    return pb.PageInfo(cursor=cursor, has_more=bool(cursor))


def room_type(number: pb.RoomType) -> str:
    """Return the name of a room type.

    Raises:
        Problem: INVALID_ARGUMENT, for none and for one this version does not know.
    """
    if number not in _TYPE_NAMES:
        raise invalid("type", "Choose the room's type: direct or group.")
    return _TYPE_NAMES[number]


def room_privacy(number: pb.RoomPrivacy) -> str:
    """Return the name of a room's privacy; unspecified means private.

    Raises:
        Problem: INVALID_ARGUMENT, for one this version does not know.
    """
    if number not in _PRIVACY_NAMES:
        raise invalid("privacy", "Choose the room's privacy: private or public.")
    return _PRIVACY_NAMES[number]


def _timestamp(moment: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(moment)
    return timestamp
