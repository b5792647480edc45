"""Requests that change something that is there. What a client leaves out stays; what it sets to null is cleared. Pure.

GraphQL tells the two apart and protobuf does not, so what was given is named in an update mask (AIP-134).
"""

from google.protobuf.field_mask_pb2 import FieldMask
from strawberry import UNSET

from protos.veigo.chat.v1 import chat_pb2
from services.gateway import translate, types
from services.problems import invalid


def update_profile_request(
    id_: str, photo_path: str | None, name: str | None, about: str | None
) -> chat_pb2.UpdateProfileRequest:
    """Return the call that changes a profile."""
    return chat_pb2.UpdateProfileRequest(
        id=translate.text("id", id_),
        photo_path=translate.optional_text("photoPath", photo_path),
        name=translate.optional_text("name", name) or "",
        about=translate.optional_text("about", about),
        update_mask=_mask(photo_path=photo_path, name=name, about=about),
    )


def update_room_request(
    id_: str,
    photo_path: str | None,
    name: str | None,
    description: str | None,
    privacy: types.RoomPrivacy | None,
) -> chat_pb2.UpdateRoomRequest:
    """Return the call that changes a room."""
    if privacy is None:
        raise invalid("privacy", "A room is private or public; leave `privacy` out to keep it as it is.")
    return chat_pb2.UpdateRoomRequest(
        id=translate.text("id", id_),
        photo_path=translate.optional_text("photoPath", photo_path),
        name=translate.optional_text("name", name) or "",
        description=translate.optional_text("description", description),
        privacy=translate.privacy_number(privacy),
        update_mask=_mask(photo_path=photo_path, name=name, description=description, privacy=privacy),
    )


def update_message_request(room_id: str, message_id: str, content: str | None) -> chat_pb2.UpdateMessageRequest:
    """Return the call that replaces a message's content; the argument is optional as the original has it."""
    if content is None or content is UNSET:
        raise invalid("content", "Give the new `content`; DeleteMessage removes a message.")
    return chat_pb2.UpdateMessageRequest(
        room_id=translate.text("roomId", room_id),
        message_id=translate.text("messageId", message_id),
        content=translate.text("content", content),
    )


def _mask(**given: object) -> FieldMask:
    return FieldMask(paths=[name for name, value in given.items() if value is not UNSET])
