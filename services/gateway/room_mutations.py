"""What people do with rooms and their members: each field is one call to chat, as the caller."""

import strawberry
from strawberry import UNSET

from protos.veigo.chat.v1 import chat_pb2
from services.gateway import edits, translate
from services.gateway.operation import Info, operation
from services.gateway.types import CreateRoomOutput, Id, Kind, MemberRoom, Room, RoomPrivacy


@strawberry.type
class RoomMutations:
    """Rooms, and who is in them."""

    @operation(
        "CreateRoom", "Create a room; you are its first member. Two people have one direct room, which is found again."
    )
    async def create_room(
        self,
        info: Info,
        name: str,
        type_: Kind,
        photo_path: str | None = UNSET,
        description: str | None = UNSET,
        privacy: RoomPrivacy | None = UNSET,
        members: list[str | None] | None = UNSET,
    ) -> CreateRoomOutput | None:
        """Create a room."""
        caller = info.context
        request = translate.create_room_request(name, type_, photo_path, description, privacy, members)
        reply = await caller.ask_as_caller(caller.backends.rooms.CreateRoom, request)
        return CreateRoomOutput(
            information=translate.room(reply.information),
            members=[translate.member_room(member) for member in reply.members],
        )

    @operation("UpdateRoom", "Change a room: what you leave out stays, what you set to null is cleared.")
    async def update_room(
        self,
        info: Info,
        id_: Id,
        photo_path: str | None = UNSET,
        name: str | None = UNSET,
        description: str | None = UNSET,
        privacy: RoomPrivacy | None = UNSET,
    ) -> Room | None:
        """Change a room."""
        caller = info.context
        request = edits.update_room_request(id_, photo_path, name, description, privacy)
        reply = await caller.ask_as_caller(caller.backends.rooms.UpdateRoom, request)
        return translate.room(reply.room)

    @operation("AddMembersToRoom", "Add members; returns the memberships that are new.")
    async def add_members_to_room(
        self, info: Info, room_id: str, members_id: list[str | None]
    ) -> list[MemberRoom | None] | None:
        """Add members to a room."""
        caller = info.context
        request = chat_pb2.AddMembersRequest(
            room_id=translate.text("roomId", room_id), member_ids=translate.texts("membersId", members_id)
        )
        reply = await caller.ask_as_caller(caller.backends.members.AddMembers, request)
        return [translate.member_room(member) for member in reply.members]

    @operation("RemoveMemberFromRoom", "Remove somebody from a room; any member may.")
    async def remove_member_from_room(self, info: Info, room_id: str, member_id: str) -> MemberRoom | None:
        """Remove a member."""
        caller = info.context
        request = chat_pb2.RemoveMemberRequest(
            room_id=translate.text("roomId", room_id), member_id=translate.text("memberId", member_id)
        )
        reply = await caller.ask_as_caller(caller.backends.members.RemoveMember, request)
        return translate.member_room(reply.membership)

    @operation("DeleteUserRoom", "Leave a room.")
    async def delete_user_room(self, info: Info, room_id: str) -> MemberRoom | None:
        """End the caller's membership."""
        caller = info.context
        request = chat_pb2.LeaveRequest(room_id=translate.text("roomId", room_id))
        reply = await caller.ask_as_caller(caller.backends.members.Leave, request)
        return translate.member_room(reply.membership)
