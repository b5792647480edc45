"""What people do with their profiles: each field is one call to chat, as the caller."""

import strawberry
from strawberry import UNSET

from protos.veigo.chat.v1 import chat_pb2
from services.gateway import edits, translate
from services.gateway.operation import Info, operation
from services.gateway.types import Id, Profile


@strawberry.type
class ProfileMutations:
    """What others see of a person."""

    @operation("CreateProfile", "Create your profile, which others see.")
    async def create_profile(
        self, info: Info, name: str, photo_path: str | None = UNSET, about: str | None = UNSET
    ) -> Profile | None:
        """Create the caller's profile."""
        caller = info.context
        request = translate.create_profile_request(name, photo_path, about)
        reply = await caller.ask_as_caller(caller.backends.profiles.CreateProfile, request)
        return translate.profile(reply.profile)

    @operation("UpdateProfile", "Change your profile: what you leave out stays, what you set to null is cleared.")
    async def update_profile(
        self,
        info: Info,
        id_: Id,
        photo_path: str | None = UNSET,
        name: str | None = UNSET,
        about: str | None = UNSET,
    ) -> Profile | None:
        """Change the caller's profile."""
        caller = info.context
        request = edits.update_profile_request(id_, photo_path, name, about)
        reply = await caller.ask_as_caller(caller.backends.profiles.UpdateProfile, request)
        return translate.profile(reply.profile)

    @operation("DeleteProfile", "Delete your profile: you leave every room, your messages stay.")
    async def delete_profile(self, info: Info, id_: Id) -> Profile | None:
        """Delete the caller's profile."""
        caller = info.context
        request = chat_pb2.DeleteProfileRequest(id=translate.text("id", id_))
        reply = await caller.ask_as_caller(caller.backends.profiles.DeleteProfile, request)
        return translate.profile(reply.profile)
