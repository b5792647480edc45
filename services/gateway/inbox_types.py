"""The GraphQL types of the inbox: what a person's first screen shows, in one answer."""

import strawberry

from services.gateway.types import PaginationResponseMetadata, RoomPrivacy, RoomType


@strawberry.type
class InboxMember:
    """A member of a room, with the profile as far as it has come through."""

    id: str | None
    name: str | None
    photo_path: str | None


@strawberry.type
class LastMessage:
    """The newest message of a room."""

    id: str | None
    sender_id: str | None
    content: str | None = strawberry.field(description="Null when it was deleted.")
    sequence: int | None
    created_at: str | None
    edited: bool | None


@strawberry.type
class InboxRoom:
    """A room as its member sees it in the inbox."""

    id: str | None
    name: str | None
    type: RoomType | None
    privacy: RoomPrivacy | None
    photo_path: str | None
    description: str | None
    sequence: int | None = strawberry.field(description="Position of the newest change this view has applied.")
    members: list[InboxMember | None] | None = strawberry.field(description="The first 20; `membersCount` counts all.")
    members_count: int | None
    last_message: LastMessage | None
    unread_count: int | None
    acknowledged_sequence: int | None


@strawberry.type
class InboxOutput:
    """A page of the inbox, the room with the newest change first."""

    records: list[InboxRoom | None] | None
    metadata: PaginationResponseMetadata | None
