"""The GraphQL types, named as the original's clients know them: a contract, not a choice.

Outputs are nullable throughout, as they were, so one failed field never takes its neighbours with it. `schema.graphql`
beside this file is the printed result; a test keeps the two together.
"""

from enum import Enum
from typing import Annotated

import strawberry


@strawberry.enum(name="type", description="Two people, or any number.")
class RoomType(Enum):
    """Two people, or any number."""

    direct = "direct"
    group = "group"


@strawberry.enum(name="privacy", description="Who may read a room: its members, or anyone.")
class RoomPrivacy(Enum):
    """Who may read a room: its members, or anyone."""

    private = "private"
    public = "public"


Id = Annotated[str, strawberry.argument(name="id")]  # `id` and `type` are Python's own names
Kind = Annotated[RoomType, strawberry.argument(name="type")]


@strawberry.type(description="Who can sign in.")
class Account:
    """An account, as its owner sees it."""

    id: str | None
    email: str | None
    is_email_verified: bool | None
    phone: str | None
    is_phone_verified: bool | None
    created_at: str | None
    updated_at: str | None


@strawberry.type(description="Send `access` with every call; trade `refresh` for a new pair.")
class Token:
    """A pair of tokens."""

    access: str | None
    refresh: str | None


@strawberry.type(description="What others see of a person; its id is the account's.")
class Profile:
    """A profile."""

    id: str | None
    photo_path: str | None
    name: str | None
    about: str | None
    created_at: str | None
    updated_at: str | None


@strawberry.type
class Room:
    """A room."""

    id: str | None
    photo_path: str | None
    name: str | None
    description: str | None
    type: RoomType | None
    privacy: RoomPrivacy | None
    created_at: str | None
    updated_at: str | None
    last_sequence: int | None = strawberry.field(description="Position of the room's newest change.")


@strawberry.type(description="That somebody is a member of a room.")
class MemberRoom:
    """A membership."""

    member_id: str | None
    room_id: str | None
    created_at: str | None
    updated_at: str | None


@strawberry.type
class Message:
    """A message."""

    id: str | None
    room_id: str | None
    sender_id: str | None
    content: str | None
    created_at: str | None
    updated_at: str | None
    sequence: int | None = strawberry.field(description="The message's place in its room, the same for every member.")


@strawberry.type
class LoginResponse:
    """An account and the tokens of a new session."""

    account: Account | None
    token: Token | None


@strawberry.type
class SignUpAndCreateProfileResponse:
    """All that somebody new needs."""

    account: Account | None
    profile: Profile | None
    token: Token | None


@strawberry.type
class Success:
    """That it worked; what did not is an error instead."""

    success: bool | None


@strawberry.type
class Acknowledged:
    """How far somebody has read a room."""

    sequence: int | None


@strawberry.type(description="Where somebody is signed in.")
class Device:
    """A device, by the name it signed in with."""

    client_id: str | None
    signed_in_at: str | None
    current: bool | None = strawberry.field(description="Whether this very request came from it.")


@strawberry.type
class CreateRoomOutput:
    """A new room and who is in it."""

    information: Room | None
    members: list[MemberRoom | None] | None


@strawberry.input(description="Which page of a list; the first when there is no cursor.")
class PaginationRequest:
    """A page that is asked for."""

    cursor: str | None = strawberry.field(default=strawberry.UNSET, description="`metadata.cursor` of the page before.")
    size: int | None = strawberry.field(default=strawberry.UNSET, description="1 to 100; 25 when absent.")


@strawberry.type
class PaginationResponseMetadata:
    """Where a list goes on."""

    cursor: str | None = strawberry.field(description="Ask for the next page with this; null on the last.")
    has_more: bool | None


@strawberry.type
class ListRoomsOutput:
    """A page of rooms."""

    records: list[Room | None] | None
    metadata: PaginationResponseMetadata | None


@strawberry.type
class ListRoomMembersOutput:
    """A page of memberships."""

    records: list[MemberRoom | None] | None
    metadata: PaginationResponseMetadata | None


@strawberry.type
class ListMessagesOutput:
    """A page of messages."""

    records: list[Message | None] | None
    metadata: PaginationResponseMetadata | None


@strawberry.type
class ListDevicesOutput:
    """A page of devices."""

    records: list[Device | None] | None
    metadata: PaginationResponseMetadata | None
