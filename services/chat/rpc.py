"""The services of chat.proto: protobuf in, rules and store in the middle, protobuf out."""

import uuid
from collections.abc import Callable
from functools import partial

import grpc

from protos.veigo.chat.v1 import chat_pb2 as pb
from protos.veigo.chat.v1 import chat_pb2_grpc as pb_grpc
from services import pages
from services.chat import fields, messages, profiles, rooms, translate
from services.chat.authorization import Authorization, Caller
from services.chat.store import AlreadyThere, Store, UnknownPeople
from services.problems import Code, Problem

NOT_A_MEMBER = "You are not a member of this room; ask a member to add you."


def services(store: Store, authorization: Authorization) -> list[tuple[str, Callable[[grpc.aio.Server], None]]]:
    """Return every service of chat with its full name, as `rpc_server.serving` takes them."""
    register = {
        "ProfileService": partial(pb_grpc.add_ProfileServiceServicer_to_server, Profiles(store, authorization)),
        "RoomService": partial(pb_grpc.add_RoomServiceServicer_to_server, Rooms(store, authorization)),
        "MemberRoomService": partial(
            pb_grpc.add_MemberRoomServiceServicer_to_server, MemberRooms(store, authorization)
        ),
        "MessageService": partial(pb_grpc.add_MessageServiceServicer_to_server, Messages(store, authorization)),
    }
    return [(pb.DESCRIPTOR.services_by_name[name].full_name, into) for name, into in register.items()]


class Profiles(pb_grpc.ProfileServiceServicer):
    """Answers for profiles."""

    def __init__(self, store: Store, authorization: Authorization) -> None:
        self._store = store
        self._authorization = authorization

    async def CreateProfile(
        self, request: pb.CreateProfileRequest, context: grpc.aio.ServicerContext
    ) -> pb.CreateProfileResponse:
        """Create the caller's profile."""
        wanted = profiles.new_profile(
            request.name,
            request.about if request.HasField("about") else None,
            request.photo_path if request.HasField("photo_path") else None,
        )
        if request.validate_only:
            return pb.CreateProfileResponse()
        caller = await self._authorization.identify(context)
        await self._authorization.check_session(caller)
        try:
            return pb.CreateProfileResponse(
                profile=translate.profile(await self._store.create_profile(caller.id, wanted))
            )
        except AlreadyThere:
            raise Problem(Code.ALREADY_EXISTS, "You have a profile already; read it with ReadProfile.") from None

    async def ReadProfile(
        self, request: pb.ReadProfileRequest, context: grpc.aio.ServicerContext
    ) -> pb.ReadProfileResponse:
        """Return anybody's profile."""
        caller = await self._authorization.identify(context)
        profile_id = fields.identifier("id", request.id)
        await self._authorization.check_session(caller)
        profile = await self._store.profile(profile_id)
        if profile is None:
            raise Problem(Code.NOT_FOUND, "There is no profile with this id.", "id")
        return pb.ReadProfileResponse(profile=translate.profile(profile))


class Rooms(pb_grpc.RoomServiceServicer):
    """Answers for rooms."""

    def __init__(self, store: Store, authorization: Authorization) -> None:
        self._store = store
        self._authorization = authorization

    async def CreateRoom(
        self, request: pb.CreateRoomRequest, context: grpc.aio.ServicerContext
    ) -> pb.CreateRoomResponse:
        """Create a room with the caller and the others in it."""
        caller = await self._authorization.identify(context)
        wanted = rooms.new_room(
            caller.id,
            request.name,
            translate.room_type(request.type),
            translate.room_privacy(request.privacy),
            request.description if request.HasField("description") else None,
            request.photo_path if request.HasField("photo_path") else None,
            request.members,
        )
        await self._authorization.check_session(caller)
        try:
            room, members = await self._store.create_room(caller.id, wanted, caller.traceparent)
        except UnknownPeople:
            raise rooms.unknown_people() from None
        return pb.CreateRoomResponse(information=translate.room(room), members=[translate.member(m) for m in members])

    async def ListRooms(self, request: pb.ListRoomsRequest, context: grpc.aio.ServicerContext) -> pb.ListRoomsResponse:
        """Return a page of the caller's rooms."""
        caller = await self._authorization.identify(context)
        rooms.check_lists_own(caller.id, request.id)
        wanted = pages.page(request.page.cursor, request.page.size, "rooms")
        await self._authorization.check_session(caller)
        after = None if wanted.after is None else fields.identifier("cursor", wanted.after)
        rows, cursor = pages.cut(
            await self._store.rooms_of(caller.id, after, wanted.fetch), wanted, "rooms", lambda room: room.id
        )
        return pb.ListRoomsResponse(
            records=[translate.room(room) for room in rows], metadata=translate.page_info(cursor)
        )

    async def GetRoomPosition(
        self, request: pb.GetRoomPositionRequest, context: grpc.aio.ServicerContext
    ) -> pb.GetRoomPositionResponse:
        """Return where a room's log stands; whoever asks decides with it what the caller may see."""
        await self._authorization.identify(context)
        room = await self._store.room(fields.identifier("roomId", request.room_id))
        if room is None:
            raise rooms.unknown_room()
        return pb.GetRoomPositionResponse(last_sequence=room.last_sequence, membership_version=room.membership_version)


class MemberRooms(pb_grpc.MemberRoomServiceServicer):
    """Answers for memberships."""

    def __init__(self, store: Store, authorization: Authorization) -> None:
        self._store = store
        self._authorization = authorization

    async def AddMembers(
        self, request: pb.AddMembersRequest, context: grpc.aio.ServicerContext
    ) -> pb.AddMembersResponse:
        """Add people to a room the caller is a member of."""
        caller = await self._authorization.identify(context)
        room_id = fields.identifier("roomId", request.room_id)
        people = rooms.added_members(request.member_ids)
        room = await self._store.room(room_id)
        if room is None:
            raise rooms.unknown_room()

        async def add(version: int) -> list[rooms.Member]:
            rooms.check_may_grow(room.type)
            return await self._store.add_members(room_id, version, people, caller.traceparent)

        try:
            added = await self._authorization.change_room("edit_room", caller, room_id, NOT_A_MEMBER, add)
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
        await self._authorization.check_room("read_room", caller, room_id, NOT_A_MEMBER)
        found = await self._store.members_of(room_id, pages.number(wanted.after), wanted.fetch)
        rows, cursor = pages.cut(found, wanted, "members", lambda member: member.sequence)
        return pb.ListMembersResponse(
            records=[translate.member(member) for member in rows], metadata=translate.page_info(cursor)
        )


class Messages(pb_grpc.MessageServiceServicer):
    """Answers for messages."""

    def __init__(self, store: Store, authorization: Authorization) -> None:
        self._store = store
        self._authorization = authorization

    async def CreateMessage(
        self, request: pb.CreateMessageRequest, context: grpc.aio.ServicerContext
    ) -> pb.CreateMessageResponse:
        """Send a message; sending it again under the same id answers with the first."""
        caller = await self._authorization.identify(context)
        wanted = messages.new_message(caller.id, request.room_id, request.content, request.message_id, uuid.uuid4())

        async def append(version: int) -> messages.Message:
            return await self._append(wanted, version, caller)

        sent = await self._authorization.change_room("send_message", caller, wanted.room_id, NOT_A_MEMBER, append)
        return pb.CreateMessageResponse(message=translate.message(sent))

    async def ListMessages(
        self, request: pb.ListMessagesRequest, context: grpc.aio.ServicerContext
    ) -> pb.ListMessagesResponse:
        """Return a page of a room's messages."""
        caller = await self._authorization.identify(context)
        room_id = fields.identifier("roomId", request.room_id)
        wanted = pages.page(request.page.cursor, request.page.size, "messages")
        await self._authorization.check_room("read_room", caller, room_id, NOT_A_MEMBER)
        found = await self._store.messages_of(room_id, pages.number(wanted.after), wanted.fetch)
        rows, cursor = pages.cut(found, wanted, "messages", lambda message: message.sequence)
        return pb.ListMessagesResponse(
            records=[translate.message(message) for message in rows], metadata=translate.page_info(cursor)
        )

    async def _append(self, wanted: messages.NewMessage, version: int, caller: Caller) -> messages.Message:
        try:
            return await self._store.append_message(wanted, version, caller.traceparent)
        except AlreadyThere:
            stored = await self._store.message(wanted.id)
        if stored is None:
            raise Problem(Code.ABORTED, "This messageId was just deleted; choose a new one.", "messageId")
        return messages.same_send(stored, wanted)
