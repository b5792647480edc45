"""MemberRoomService: protobuf in, rules and store in the middle, protobuf out."""

import grpc

from protos.veigo.chat.v1 import chat_pb2 as pb
from protos.veigo.chat.v1 import chat_pb2_grpc as pb_grpc
from services import pages
from services.chat import fields, rooms, translate
from services.chat.authorization import Authorization
from services.chat.profile_store import UnknownPeople
from services.chat.room_store import RoomStore


class MemberRooms(pb_grpc.MemberRoomServiceServicer):
    """Answers for memberships."""

    def __init__(self, store: RoomStore, authorization: Authorization) -> None:
        self._rooms = store
        self._authorization = authorization

    async def AddMembers(
        self, request: pb.AddMembersRequest, context: grpc.aio.ServicerContext
    ) -> pb.AddMembersResponse:
        """Add people to a room the caller is a member of."""
        caller = await self._authorization.identify(context)
        room_id = fields.identifier("roomId", request.room_id)
        people = rooms.added_members(request.member_ids)
        room = await self._rooms.room(room_id)
        if room is None:
            raise rooms.unknown_room()

        async def add(version: int) -> list[rooms.Member]:
            rooms.check_may_grow(room.type)
            return await self._rooms.add_members(room_id, version, people, caller.traceparent)

        try:
            added = await self._authorization.change_room("edit_room", caller, room_id, rooms.NOT_A_MEMBER, add)
        except UnknownPeople:
            raise rooms.unknown_people() from None
        return pb.AddMembersResponse(members=[translate.member(member) for member in added])

    async def ListMembers(
        self, request: pb.ListMembersRequest, context: grpc.aio.ServicerContext
    ) -> pb.ListMembersResponse:
        """Return a page of a room's members."""
        caller = await self._authorization.identify(context)
        room_id = fields.identifier("roomId", request.room_id)
        wanted = pages.page(request.page.cursor, request.page.size, "members")
        await self._authorization.check_room("read_room", caller, room_id, rooms.NOT_A_MEMBER)
        found = await self._rooms.members_of(room_id, pages.number(wanted.after), wanted.fetch)
        rows, cursor = pages.cut(found, wanted, "members", lambda member: member.sequence)
        return pb.ListMembersResponse(
            records=[translate.member(member) for member in rows], metadata=translate.page_info(cursor)
        )

    async def Leave(self, request: pb.LeaveRequest, context: grpc.aio.ServicerContext) -> pb.LeaveResponse:
        """End the caller's membership."""
        caller = await self._authorization.identify(context)
        room_id = fields.identifier("roomId", request.room_id)
        rooms.check_may_shrink(await self._rooms.room(room_id))

        async def leave(version: int) -> tuple[rooms.Member, int] | None:
            return await self._rooms.end_membership(room_id, version, caller.id, caller.traceparent)

        ended = await self._authorization.change_membership(caller, room_id, leave)
        if ended is None:
            raise rooms.no_member("roomId", "You are")
        return pb.LeaveResponse(membership=translate.member(ended[0]), sequence=ended[1])

    async def RemoveMember(
        self, request: pb.RemoveMemberRequest, context: grpc.aio.ServicerContext
    ) -> pb.RemoveMemberResponse:
        """End somebody's membership in a room the caller is a member of."""
        caller = await self._authorization.identify(context)
        room_id = fields.identifier("roomId", request.room_id)
        member_id = fields.identifier("memberId", request.member_id)
        room = await self._rooms.room(room_id)

        async def remove(version: int) -> tuple[rooms.Member, int] | None:
            rooms.check_may_shrink(room)
            return await self._rooms.end_membership(room_id, version, member_id, caller.traceparent)

        ended = await self._authorization.change_room("edit_room", caller, room_id, rooms.NOT_A_MEMBER, remove)
        if ended is None:
            raise rooms.no_member("memberId", "They are")
        return pb.RemoveMemberResponse(membership=translate.member(ended[0]), sequence=ended[1])

    async def AcknowledgeMessages(
        self, request: pb.AcknowledgeMessagesRequest, context: grpc.aio.ServicerContext
    ) -> pb.AcknowledgeMessagesResponse:
        """Note how far the caller has read a room."""
        caller = await self._authorization.identify(context)
        room_id = fields.identifier("roomId", request.room_id)
        asked = rooms.not_negative("sequence", request.sequence)
        await self._authorization.check_session(caller)
        standing = await self._rooms.standing(room_id, caller.id)
        read = rooms.acknowledged(standing, asked, rooms.NOT_A_MEMBER)
        if standing is not None and read > standing.read:
            await self._rooms.mark_read(room_id, caller.id, read)
        return pb.AcknowledgeMessagesResponse(sequence=read)
