"""What people do with their accounts: each field is one call to authentication, but for the two that span services."""

import strawberry
from strawberry import UNSET

from protos.veigo.authentication.v1 import authentication_pb2
from services.gateway import leaving, signing_up, translate
from services.gateway.operation import Info, operation
from services.gateway.types import (
    Account,
    Id,
    LoginResponse,
    SignUpAndCreateProfileResponse,
    Success,
    Token,
)


@strawberry.type
class AccountMutations:
    """Accounts, devices and tokens."""

    @operation("SignUp", "Create an account and its first session.")
    async def sign_up(
        self, info: Info, email: str, password: str, client_id: str, phone: str | None = UNSET
    ) -> LoginResponse | None:
        """Sign up."""
        request = translate.sign_up_request(email, password, client_id, phone)
        reply = await info.context.ask(info.context.backends.authentication.SignUp, request)
        return LoginResponse(account=translate.account(reply.account), token=translate.token(reply.token))

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

    @operation("DeleteAccount", "Delete your account and profile, for good; your messages stay. `id` is your own.")
    async def delete_account(self, info: Info, id_: Id) -> Account | None:
        """Delete the caller's account."""
        return await leaving.delete_account(info.context, translate.text("id", id_))
