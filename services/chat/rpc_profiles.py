"""ProfileService: protobuf in, rules and store in the middle, protobuf out."""

import uuid

import grpc

from protos.veigo.chat.v1 import chat_pb2 as pb
from protos.veigo.chat.v1 import chat_pb2_grpc as pb_grpc
from services.chat import fields, profiles, translate
from services.chat.authorization import Authorization, Caller
from services.chat.profile_store import ProfileExists, ProfileStore
from services.chat.room_store import RoomStore
from services.problems import Code, Problem

ROOMS_AT_ONCE = 100  # read at a time, of somebody who leaves them all


class Profiles(pb_grpc.ProfileServiceServicer):
    """Answers for profiles."""

    def __init__(self, store: ProfileStore, rooms: RoomStore, authorization: Authorization) -> None:
        self._profiles = store
        self._rooms = rooms
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
            return pb.CreateProfileResponse(profile=translate.profile(await self._profiles.create(caller.id, wanted)))
        except ProfileExists:
            raise Problem(Code.ALREADY_EXISTS, "You have a profile, or had one; it can be made once.") from None

    async def ReadProfile(
        self, request: pb.ReadProfileRequest, context: grpc.aio.ServicerContext
    ) -> pb.ReadProfileResponse:
        """Return anybody's profile."""
        caller = await self._authorization.identify(context)
        profile_id = fields.identifier("id", request.id)
        await self._authorization.check_session(caller)
        profile = await self._profiles.profile(profile_id)
        if profile is None:
            raise profiles.unknown_profile()
        return pb.ReadProfileResponse(profile=translate.profile(profile))

    async def UpdateProfile(
        self, request: pb.UpdateProfileRequest, context: grpc.aio.ServicerContext
    ) -> pb.UpdateProfileResponse:
        """Change the caller's profile."""
        caller = await self._authorization.identify(context)
        profiles.check_own(caller.id, request.id)
        change = profiles.change(
            request.update_mask.paths,
            request.name,
            request.about if request.HasField("about") else None,
            request.photo_path if request.HasField("photo_path") else None,
        )
        await self._authorization.check_session(caller)
        profile = await self._profiles.update(caller.id, change)
        if profile is None:
            raise profiles.unknown_profile()
        return pb.UpdateProfileResponse(profile=translate.profile(profile))

    async def DeleteProfile(
        self, request: pb.DeleteProfileRequest, context: grpc.aio.ServicerContext
    ) -> pb.DeleteProfileResponse:
        """Delete the caller's profile, then end every membership of theirs; no new one can begin in between."""
        caller = await self._authorization.identify(context)
        profiles.check_own(caller.id, request.id)
        await self._authorization.check_session(caller)
        profile = await self._profiles.delete(caller.id)
        left = await self._leave_rooms(caller)
        if profile is None or (profile.deleted_at is not None and not left):
            raise profiles.unknown_profile()
        return pb.DeleteProfileResponse(profile=translate.profile(profile))

    async def _leave_rooms(self, caller: Caller) -> int:
        """End all memberships, each in a transaction of its own; a repetition goes on where this broke off."""
        left = 0
        while rooms := await self._rooms.rooms_of(caller.id, None, ROOMS_AT_ONCE):
            for room in rooms:

                async def leave(version: int, room_id: uuid.UUID = room.id) -> object:
                    return await self._rooms.end_membership(room_id, version, caller.id, caller.traceparent)

                await self._authorization.change_membership(caller, room.id, leave)
                left += 1
        return left
