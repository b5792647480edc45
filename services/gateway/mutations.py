"""What can be done: each field is one call to one service, but for signing up with a profile (`signing_up.py`)."""

import strawberry
from strawberry import UNSET

from protos.veigo.authentication.v1 import authentication_pb2
from protos.veigo.chat.v1 import chat_pb2
from services.gateway import signing_up, translate
from services.gateway.operation import Info, operation
from services.gateway.types import (
    CreateRoomOutput,
    Kind,
    LoginResponse,
    MemberRoom,
    Message,
    Profile,
    RoomPrivacy,
    SignUpAndCreateProfileResponse,
    Success,
    Token,
)


@strawberry.type
class RootMutation:
    """The root of every mutation."""

    @operation("SignUp", "Create an account and its first session.")
    async def sign_up(
        self, info: Info, email: str, password: str, client_id: str, phone: str | None = UNSET
    ) -> LoginResponse | None:
        """Sign up."""
        request = translate.sign_up_request(email, password, client_id, phone)
        reply = await info.context.ask(info.context.backends.authentication.SignUp, request)
        return LoginResponse(account=translate.account(reply.account), token=translate.token(reply.token))

    @operation("SignIn", "Open a session on a device; an earlier one of the device ends.")
    async def sign_in(self, info: Info, email: str, password: str, client_id: str) -> LoginResponse | None:
        """Sign in."""
        request = translate.sign_in_request(email, password, client_id)
        reply = await info.context.ask(info.context.backends.authentication.SignIn, request)
        return LoginResponse(account=translate.account(reply.account), token=translate.token(reply.token))

    @operation("RefreshToken", "Trade a refresh token, once, for a new pair.")
    async def refresh_token(self, info: Info, token: str) -> Token | None:
        """Refresh a token."""
        request = authentication_pb2.RefreshTokenRequest(token=translate.text("token", token))
        reply = await info.context.ask(info.context.backends.authentication.RefreshToken, request)
        return translate.token(reply.token)

    @operation("ValidateAccessToken", "Whether an access token is good at this moment.")
    async def validate_access_token(self, info: Info, token: str) -> Success | None:
        """Validate an access token; one that is not valid is an error that says why."""
        request = authentication_pb2.ValidateAccessTokenRequest(token=translate.text("token", token))
        await info.context.ask(info.context.backends.authentication.ValidateAccessToken, request)
        return Success(success=True)

    @operation("SignOut", "End your session; with `clientId` that device's, with `everywhere` all of yours.")
    async def sign_out(
        self, info: Info, client_id: str | None = UNSET, everywhere: bool | None = UNSET
    ) -> Success | None:
        """Sign out."""
        caller = info.context
        request = translate.sign_out_request(client_id, everywhere)
        await caller.ask_as_caller(caller.backends.authentication.SignOut, request)
        return Success(success=True)

    @operation("ChangePassword", "Change your password; every other session of yours ends.")
    async def change_password(self, info: Info, old_password: str, new_password: str) -> Success | None:
        """Change the caller's password."""
        caller = info.context
        request = authentication_pb2.ChangePasswordRequest(
            old_password=translate.text("oldPassword", old_password),
            new_password=translate.text("newPassword", new_password),
        )
        await caller.ask_as_caller(caller.backends.authentication.ChangePassword, request)
        return Success(success=True)

    @operation("SignUpAndCreateProfile", "Sign up and create the profile; safe to repeat until it works.")
    async def sign_up_and_create_profile(
        self,
        info: Info,
        email: str,
        password: str,
        client_id: str,
        name: str,
        phone: str | None = UNSET,
        photo_path: str | None = UNSET,
        about: str | None = UNSET,
    ) -> SignUpAndCreateProfileResponse | None:
        """Sign up and create the profile."""
        account = translate.sign_up_request(email, password, client_id, phone)
        profile = translate.create_profile_request(name, photo_path, about)
        return await signing_up.sign_up_and_create_profile(info.context, account, profile)

    @operation("CreateProfile", "Create your profile, which others see.")
    async def create_profile(
        self, info: Info, name: str, photo_path: str | None = UNSET, about: str | None = UNSET
    ) -> Profile | None:
        """Create the caller's profile."""
        caller = info.context
        request = translate.create_profile_request(name, photo_path, about)
        reply = await caller.ask_as_caller(caller.backends.profiles.CreateProfile, request)
        return translate.profile(reply.profile)

    @operation("CreateRoom", "Create a room; you are its first member.")
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

    @operation(
        "CreateMessage",
        "Send a message; with a `messageId` (a UUID) of your own it is safe to repeat.",
    )
    async def create_message(
        self, info: Info, room_id: str, content: str, message_id: str | None = UNSET
    ) -> Message | None:
        """Send a message."""
        caller = info.context
        request = translate.create_message_request(room_id, content, message_id)
        reply = await caller.ask_as_caller(caller.backends.messages.CreateMessage, request)
        return translate.message(reply.message)
