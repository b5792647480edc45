"""The GraphQL types of a room's events, as `roomEvents` sends them."""

from enum import Enum

import strawberry

from services.gateway.types import RoomPrivacy


@strawberry.enum(description="What an event of a room is; `joined`, `reset` and `left` are about the subscription.")
class RoomEventType(Enum):
    """What an event of a room is."""

    joined = strawberry.enum_value("joined", description="The subscription began: everything after `sequence` follows.")
    reset = strawberry.enum_value(
        "reset", description="What you hold cannot be continued: read the room anew, up to `sequence`."
    )
    message_created = "message_created"
    message_edited = "message_edited"
    message_deleted = "message_deleted"
    member_added = "member_added"
    member_removed = "member_removed"
    room_created = "room_created"
    room_updated = "room_updated"
    room_event = strawberry.enum_value("room_event", description="Something that a later version writes.")
    left = strawberry.enum_value("left", description="The subscription ended at `sequence`; nothing follows.")


@strawberry.type(description="Something that happened in a room; the fields that say nothing about it are null.")
class RoomEvent:
    """An event of a room."""

    type: RoomEventType
    room_id: str | None = None
    sequence: int | None = strawberry.field(
        default=None, description="Its place in the room; keep the last, and go on with `after`."
    )
    created_at: str | None = None
    message_id: str | None = None
    sender_id: str | None = None
    content: str | None = None
    message_sequence: int | None = strawberry.field(default=None, description="The place of the message itself.")
    member_id: str | None = None
    name: str | None = None
    description: str | None = None
    photo_path: str | None = None
    privacy: RoomPrivacy | None = None
    reason: str | None = None
    horizon: int | None = strawberry.field(default=None, description="Events up to here are no longer kept.")
