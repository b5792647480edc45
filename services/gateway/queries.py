"""What can be asked: each field is one call to one service, as the caller."""

import strawberry
from strawberry import UNSET

from protos.veigo.aggregator.v1 import aggregator_pb2
from protos.veigo.authentication.v1 import authentication_pb2
from protos.veigo.chat.v1 import chat_pb2
from services.gateway import inbox, translate
from services.gateway.inbox_types import InboxOutput
from services.gateway.operation import Info, operation
from services.gateway.types import (
    Id,
    ListDevicesOutput,
    ListMessagesOutput,
    ListRoomMembersOutput,
    ListRoomsOutput,
    PaginationRequest,
    Profile,
)


@strawberry.type
class RootQuery:
    """The root of every query."""

    @operation("ReadProfile", "Anyone's profile.")
    async def read_profile(self, info: Info, id_: Id) -> Profile | None:
        """Read a profile."""
        caller = info.context
        request = chat_pb2.ReadProfileRequest(id=translate.text("id", id_))
        reply = await caller.ask_as_caller(caller.backends.profiles.ReadProfile, request)
        return translate.profile(reply.profile)

    @operation("ListRooms", "The rooms you are a member of, newest first; `id` is your own.")
    async def list_rooms(self, info: Info, id_: Id, page: PaginationRequest | None = UNSET) -> ListRoomsOutput | None:
        """List the caller's rooms."""
        caller = info.context
        request = chat_pb2.ListRoomsRequest(id=translate.text("id", id_), page=translate.page_request(page))
        reply = await caller.ask_as_caller(caller.backends.rooms.ListRooms, request)
        return ListRoomsOutput(
            records=[translate.room(record) for record in reply.records],
            metadata=translate.metadata(reply.metadata),
        )

    @operation("ListRoomMembers", "Who is in a room.")
    async def list_room_members(
        self, info: Info, room_id: str, page: PaginationRequest | None = UNSET
    ) -> ListRoomMembersOutput | None:
        """List a room's members."""
        caller = info.context
        request = chat_pb2.ListMembersRequest(
            room_id=translate.text("roomId", room_id), page=translate.page_request(page)
        )
        reply = await caller.ask_as_caller(caller.backends.members.ListMembers, request)
        return ListRoomMembersOutput(
            records=[translate.member_room(record) for record in reply.records],
            metadata=translate.metadata(reply.metadata),
        )

    @operation("ListMessages", "A room's messages, newest first.")
    async def list_messages(
        self, info: Info, room_id: str, page: PaginationRequest | None = UNSET
    ) -> ListMessagesOutput | None:
        """List a room's messages."""
        caller = info.context
        request = chat_pb2.ListMessagesRequest(
            room_id=translate.text("roomId", room_id), page=translate.page_request(page)
        )
        reply = await caller.ask_as_caller(caller.backends.messages.ListMessages, request)
        return ListMessagesOutput(
            records=[translate.message(record) for record in reply.records],
            metadata=translate.metadata(reply.metadata),
        )

    @operation("ListDevices", "Where you are signed in, the newest sign-in first.")
    async def list_devices(self, info: Info, page: PaginationRequest | None = UNSET) -> ListDevicesOutput | None:
        """List the caller's devices."""
        caller = info.context
        wanted = translate.page_request(page)
        request = authentication_pb2.ListDevicesRequest(cursor=wanted.cursor, size=wanted.size)
        reply = await caller.ask_as_caller(caller.backends.authentication.ListDevices, request)
        return ListDevicesOutput(
            records=[translate.device(record) for record in reply.records], metadata=translate.end_of(reply.cursor)
        )

    @operation("Inbox", "Your rooms with members, last message and what is unread; the newest change first.")
    async def inbox(self, info: Info, page: PaginationRequest | None = UNSET) -> InboxOutput | None:
        """Show the caller's inbox."""
        caller = info.context
        wanted = translate.page_request(page)
        request = aggregator_pb2.ListInboxRequest(cursor=wanted.cursor, size=wanted.size)
        return inbox.output(await caller.ask_as_caller(caller.backends.inbox.ListInbox, request))
