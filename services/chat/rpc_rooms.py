"""RoomService: protobuf in, rules and store in the middle, protobuf out."""

import grpc

from protos.veigo.chat.v1 import chat_pb2 as pb
from protos.veigo.chat.v1 import chat_pb2_grpc as pb_grpc
from services import pages
from services.chat import fields, rooms, translate
from services.chat.authorization import Authorization, MembershipMoved
from services.chat.log_store import LoggedEvent, LogStore
from services.chat.profile_store import UnknownPeople
from services.chat.room_store import RoomStore
from services.problems import invalid

EVENTS_MAX = 1_000  # of the log in one answer


class Rooms(pb_grpc.RoomServiceServicer):
    """Answers for rooms."""

    def __init__(self, store: RoomStore, log: LogStore, authorization: Authorization) -> None:
        self._rooms = store
        self._log = log
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
            room, members = await self._rooms.create(caller.id, wanted, caller.traceparent)
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
            await self._rooms.rooms_of(caller.id, after, wanted.fetch), wanted, "rooms", lambda room: room.id
        )
        return pb.ListRoomsResponse(
            records=[translate.room(room) for room in rows], metadata=translate.page_info(cursor)
        )

    async def GetRoomPosition(
        self, request: pb.GetRoomPositionRequest, context: grpc.aio.ServicerContext
    ) -> pb.GetRoomPositionResponse:
        """Return where a room's log stands; whoever asks decides with it what the caller may see."""
        await self._authorization.identify(context)
        room = await self._rooms.room(fields.identifier("roomId", request.room_id))
        if room is None:
            raise rooms.unknown_room()
        return pb.GetRoomPositionResponse(last_sequence=room.last_sequence, membership_version=room.membership_version)

    async def UpdateRoom(
        self, request: pb.UpdateRoomRequest, context: grpc.aio.ServicerContext
    ) -> pb.UpdateRoomResponse:
        """Change a room the caller is a member of."""
        caller = await self._authorization.identify(context)
        room_id = fields.identifier("id", request.id)
        change = rooms.change(
            request.update_mask.paths,
            request.name,
            request.description if request.HasField("description") else None,
            request.photo_path if request.HasField("photo_path") else None,
            translate.room_privacy(request.privacy),
        )

        async def update(version: int) -> rooms.Room:
            return await self._rooms.update(room_id, version, change, caller.traceparent)

        room = await self._authorization.change_room("edit_room", caller, room_id, rooms.NOT_A_MEMBER, update)
        return pb.UpdateRoomResponse(room=translate.room(room))

    async def ReadLog(self, request: pb.ReadLogRequest, context: grpc.aio.ServicerContext) -> pb.ReadLogResponse:
        """Return a part of a room's log, to whom may read the room at the very version that the log is read at."""
        caller = await self._authorization.identify(context)
        room_id = fields.identifier("roomId", request.room_id)
        after = rooms.not_negative("after", request.after)
        if not 0 <= request.size <= EVENTS_MAX:
            raise invalid("size", f"Ask for 1 to {EVENTS_MAX:,} events at a time.")

        async def read(version: int) -> tuple[rooms.Room, list[LoggedEvent]]:
            found = await self._log.read(room_id, after, request.size or EVENTS_MAX)
            if found is None or found[0].membership_version != version:
                raise MembershipMoved
            return found

        room, events = await self._authorization.change_room("read_room", caller, room_id, rooms.NOT_A_MEMBER, read)
        return pb.ReadLogResponse(
            events=[translate.logged_event(event) for event in events] if after >= room.log_horizon else [],
            last_sequence=room.last_sequence,
            membership_version=room.membership_version,
            horizon=room.log_horizon,
        )
