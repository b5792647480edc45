"""Between GraphQL and protobuf: pure functions, one per message, and the little that a string must be to travel.

Going in, a string with U+0000 (which PostgreSQL cannot store) or half a surrogate pair (which is not Unicode text, and
which UTF-8 cannot carry) is refused here, because no service behind us could even be asked about it. Every other rule
belongs to the service that owns the data. Coming out, absent is null and times are ISO 8601, UTC, to the microsecond.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from google.protobuf.timestamp_pb2 import Timestamp
from strawberry import UNSET

from protos.veigo.authentication.v1 import authentication_pb2
from protos.veigo.chat.v1 import chat_pb2
from services.gateway import types
from services.problems import invalid

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC, which the text says itself
SECONDS_MAX = 4_096  # whose texts are kept: what is told of is mostly of now

_TYPES_IN = {types.RoomType.direct: chat_pb2.ROOM_TYPE_DIRECT, types.RoomType.group: chat_pb2.ROOM_TYPE_GROUP}
_TYPES_OUT = {number: kind for kind, number in _TYPES_IN.items()}
_PRIVACIES_IN = {
    types.RoomPrivacy.private: chat_pb2.ROOM_PRIVACY_PRIVATE,
    types.RoomPrivacy.public: chat_pb2.ROOM_PRIVACY_PUBLIC,
}
_PRIVACIES_OUT = {number: privacy for privacy, number in _PRIVACIES_IN.items()}


def text(field: str, value: str) -> str:
    """Return `value`, or raise the Problem that it is not text a service can be sent."""
    if "\0" in value:
        raise invalid(field, f"`{field}` contains the character U+0000; remove it.")
    try:
        value.encode()
    except UnicodeEncodeError:
        message = f"`{field}` contains half of a surrogate pair, which is not a character; remove or complete it."
        raise invalid(field, message) from None
    return value


def optional_text(field: str, value: str | None) -> str | None:
    """Return `value` checked, or None when it is null or was not given."""
    return None if value is None or value is UNSET else text(field, value)


def texts(field: str, values: Iterable[str | None]) -> list[str]:
    """Return a list of strings checked, with no nulls in it."""
    checked = []
    for value in values:
        if value is None:
            raise invalid(field, f"`{field}` contains null; leave it out.")
        checked.append(text(field, value))
    return checked


def page_request(page: types.PaginationRequest | None) -> chat_pb2.PageRequest:
    """Return the page asked for; the first one when none was."""
    if page is None or page is UNSET:
        return chat_pb2.PageRequest()
    size = page.size
    if size is None or size is UNSET:
        size = 0
    elif size == 0:  # zero is protobuf's "not given"; whoever writes it means something else
        raise invalid("size", "Ask for 1 to 100 rows a page, or leave `size` out for 25.")
    return chat_pb2.PageRequest(cursor=optional_text("cursor", page.cursor) or "", size=size)


def sign_up_request(email: str, password: str, client_id: str, phone: str | None) -> authentication_pb2.SignUpRequest:
    """Return the call that creates an account."""
    return authentication_pb2.SignUpRequest(
        email=text("email", email),
        password=text("password", password),
        client_id=text("clientId", client_id),
        phone=optional_text("phone", phone),
    )


def sign_in_request(email: str, password: str, client_id: str) -> authentication_pb2.SignInRequest:
    """Return the call that opens a session."""
    return authentication_pb2.SignInRequest(
        email=text("email", email), password=text("password", password), client_id=text("clientId", client_id)
    )


def sign_out_request(client_id: str | None, everywhere: bool | None) -> authentication_pb2.SignOutRequest:
    """Return the call that ends sessions."""
    device = optional_text("clientId", client_id)
    if device is not None and everywhere:
        raise invalid("everywhere", "Give `clientId` or `everywhere`, not both.")
    if device is not None:
        return authentication_pb2.SignOutRequest(client_id=device)
    return authentication_pb2.SignOutRequest(everywhere=True) if everywhere else authentication_pb2.SignOutRequest()


def privacy_number(privacy: types.RoomPrivacy | None) -> chat_pb2.RoomPrivacy:
    """Return a privacy as its number; unspecified when none was given."""
    return _PRIVACIES_IN[privacy] if privacy else chat_pb2.ROOM_PRIVACY_UNSPECIFIED


def create_profile_request(
    name: str, photo_path: str | None, about: str | None, *, validate_only: bool = False
) -> chat_pb2.CreateProfileRequest:
    """Return the call that creates the caller's profile, or only checks whether it could."""
    return chat_pb2.CreateProfileRequest(
        name=text("name", name),
        photo_path=optional_text("photoPath", photo_path),
        about=optional_text("about", about),
        validate_only=validate_only,
    )


def create_room_request(
    name: str,
    kind: types.RoomType,
    photo_path: str | None,
    description: str | None,
    privacy: types.RoomPrivacy | None,
    members: list[str | None] | None,
) -> chat_pb2.CreateRoomRequest:
    """Return the call that creates a room."""
    return chat_pb2.CreateRoomRequest(
        name=text("name", name),
        type=_TYPES_IN[kind],
        photo_path=optional_text("photoPath", photo_path),
        description=optional_text("description", description),
        privacy=privacy_number(privacy),
        members=texts("members", members or ()),
    )


def create_message_request(room_id: str, content: str, message_id: str | None) -> chat_pb2.CreateMessageRequest:
    """Return the call that sends a message."""
    return chat_pb2.CreateMessageRequest(
        room_id=text("roomId", room_id),
        content=text("content", content),
        message_id=optional_text("messageId", message_id),
    )


def time_text(timestamp: Timestamp) -> str:
    """Return a time as `2026-01-31T09:30:00.000001Z`: always as long, so it sorts as text too."""
    return f"{_to_the_second(timestamp.seconds)}.{timestamp.nanos // 1000:06}Z"


@lru_cache(SECONDS_MAX)
def _to_the_second(seconds: int) -> str:
    return (EPOCH + timedelta(seconds=seconds)).isoformat()


def account(given: authentication_pb2.Account) -> types.Account:
    """Return an account; its two booleans are Boolean here, where the original had strings."""
    return types.Account(
        id=given.id,
        email=given.email,
        is_email_verified=given.is_email_verified,
        phone=given.phone if given.HasField("phone") else None,
        is_phone_verified=given.is_phone_verified,
        created_at=time_text(given.created_at),
        updated_at=time_text(given.updated_at),
    )


def token(given: authentication_pb2.TokenPair) -> types.Token:
    """Return a pair of tokens."""
    return types.Token(access=given.access, refresh=given.refresh)


def profile(given: chat_pb2.Profile) -> types.Profile:
    """Return a profile."""
    return types.Profile(
        id=given.id,
        photo_path=given.photo_path if given.HasField("photo_path") else None,
        name=given.name,
        about=given.about,
        created_at=time_text(given.created_at),
        updated_at=time_text(given.updated_at),
    )


def room(given: chat_pb2.Room) -> types.Room:
    """Return a room."""
    return types.Room(
        id=given.id,
        photo_path=given.photo_path if given.HasField("photo_path") else None,
        name=given.name,
        description=given.description if given.HasField("description") else None,
        type=_TYPES_OUT.get(given.type),
        privacy=_PRIVACIES_OUT.get(given.privacy),
        created_at=time_text(given.created_at),
        updated_at=time_text(given.updated_at),
        last_sequence=given.last_sequence,
    )


def member_room(given: chat_pb2.MemberRoom) -> types.MemberRoom:
    """Return a membership."""
    return types.MemberRoom(
        member_id=given.member_id,
        room_id=given.room_id,
        created_at=time_text(given.created_at),
        updated_at=time_text(given.updated_at),
    )


def message(given: chat_pb2.Message) -> types.Message:
    """Return a message."""
    return types.Message(
        id=given.id,
        room_id=given.room_id,
        sender_id=given.sender_id,
        content=given.content,
        created_at=time_text(given.created_at),
        updated_at=time_text(given.updated_at),
        sequence=given.sequence,
    )


def device(given: authentication_pb2.Device) -> types.Device:
    """Return a device."""
    return types.Device(client_id=given.client_id, signed_in_at=time_text(given.signed_in_at), current=given.current)


def end_of(cursor: str) -> types.PaginationResponseMetadata:
    """Return where a list goes on that tells nothing but a cursor."""
    return types.PaginationResponseMetadata(cursor=cursor or None, has_more=bool(cursor))


def metadata(given: chat_pb2.PageInfo) -> types.PaginationResponseMetadata:
    """Return where a list goes on; an empty cursor is null."""
    return types.PaginationResponseMetadata(cursor=given.cursor or None, has_more=given.has_more)
