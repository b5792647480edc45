"""AuthenticationService: protobuf in, rules and store in the middle, protobuf out."""

import uuid
from datetime import UTC, datetime

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from protos.veigo.authentication.v1 import authentication_pb2 as pb
from protos.veigo.authentication.v1 import authentication_pb2_grpc as pb_grpc
from services import pages
from services.access_tokens import TokenVerifier
from services.authentication import credentials, devices
from services.authentication.passwords import PasswordLane
from services.authentication.store import Account, AlreadyTaken, Store
from services.authentication.tokens import RefreshGrant, Session, TokenSigner, refused_refresh, utc_now
from services.problems import Code, Problem

SERVICE = pb.DESCRIPTOR.services_by_name["AuthenticationService"].full_name


class Authentication(pb_grpc.AuthenticationServiceServicer):
    """Answers for accounts, sessions and tokens."""

    def __init__(self, store: Store, passwords: PasswordLane, signer: TokenSigner, verifier: TokenVerifier) -> None:
        self._store = store
        self._passwords = passwords
        self._signer = signer
        self._verifier = verifier

    async def SignUp(self, request: pb.SignUpRequest, context: grpc.aio.ServicerContext) -> pb.SignUpResponse:
        """Create an account and sign it in, in one transaction."""
        phone = request.phone if request.HasField("phone") else None
        wanted = credentials.for_sign_up(request.email, request.password, request.client_id, phone)
        password_hash = await self._passwords.hash(wanted.password)
        session = _new_session(uuid.uuid4())
        refresh = self._signer.refresh(session, utc_now())
        try:
            account = await self._store.sign_up(
                wanted.email, password_hash, wanted.phone, wanted.client_id, session, refresh
            )
        except AlreadyTaken:
            raise Problem(
                Code.ALREADY_EXISTS, "An account with this e-mail address or phone number exists; sign in instead."
            ) from None
        return pb.SignUpResponse(account=_account(account), token=self._pair(session, refresh))

    async def SignIn(self, request: pb.SignInRequest, context: grpc.aio.ServicerContext) -> pb.SignInResponse:
        """Open a session for a device, ending the one it had."""
        given = credentials.for_sign_in(request.email, request.password, request.client_id)
        account = await self._store.account_by_email(given.email)
        right = await self._passwords.matches(account.password_hash if account else None, given.password)
        if account is None or not right:
            raise _wrong_credentials()
        session = _new_session(account.id)
        refresh = self._signer.refresh(session, utc_now())
        if not await self._store.sign_in(session, given.client_id, refresh, account.password_hash):
            raise _wrong_credentials()  # it was changed while it was checked
        return pb.SignInResponse(account=_account(account), token=self._pair(session, refresh))

    async def RefreshToken(
        self, request: pb.RefreshTokenRequest, context: grpc.aio.ServicerContext
    ) -> pb.RefreshTokenResponse:
        """Rotate a refresh token; one that was used before ends its session."""
        used = self._signer.read_refresh(request.token)
        session = await self._store.session_of_refresh_token(used)
        if session is None:
            raise refused_refresh()
        fresh = self._signer.refresh(session, utc_now())
        if not await self._store.rotate(session, used, fresh):
            raise refused_refresh()
        return pb.RefreshTokenResponse(token=self._pair(session, fresh))

    async def ValidateAccessToken(
        self, request: pb.ValidateAccessTokenRequest, context: grpc.aio.ServicerContext
    ) -> pb.ValidateAccessTokenResponse:
        """Check a token's signature and, in the database, that its session lives."""
        token = await self._verifier.verify(request.token)
        if await self._store.live_session(uuid.UUID(token.session_id)) is None:
            raise Problem(Code.UNAUTHENTICATED, "The session was ended; sign in again.", "token")
        return pb.ValidateAccessTokenResponse(
            account_id=token.account_id,
            session_id=token.session_id,
            expires_at=_timestamp(datetime.fromtimestamp(token.expires_at, UTC)),
        )

    async def SignOut(self, request: pb.SignOutRequest, context: grpc.aio.ServicerContext) -> pb.SignOutResponse:
        """End the caller's session, one device's, or all of the account's."""
        caller = await self._caller(context)
        if request.HasField("client_id"):
            ended = await self._store.end_sessions(caller.account_id, credentials.device(request.client_id))
            if not ended:
                raise Problem(Code.NOT_FOUND, "No device of yours is signed in under this clientId.", "clientId")
        elif request.everywhere:
            ended = await self._store.end_sessions(caller.account_id, None)
        else:
            ended = await self._store.end_session(caller.id)
        return pb.SignOutResponse(ended=ended)

    async def ChangePassword(
        self, request: pb.ChangePasswordRequest, context: grpc.aio.ServicerContext
    ) -> pb.ChangePasswordResponse:
        """Change the password; whoever knew only the old one is signed out everywhere else."""
        caller = await self._caller(context)
        credentials.for_password_change(request.old_password, request.new_password)
        account = await self._store.account(caller.account_id)
        old_hash = account.password_hash if account else None
        if not await self._passwords.matches(old_hash, request.old_password) or old_hash is None:
            raise Problem(Code.FORBIDDEN, "The old password is wrong.", "oldPassword")
        new_hash = await self._passwords.hash(request.new_password)
        ended = await self._store.change_password(caller.account_id, old_hash, new_hash, kept=caller.id)
        if ended is None:
            raise Problem(Code.ABORTED, "The password was changed by another request meanwhile; try again.")
        return pb.ChangePasswordResponse(ended=ended)

    async def ListDevices(
        self, request: pb.ListDevicesRequest, context: grpc.aio.ServicerContext
    ) -> pb.ListDevicesResponse:
        """Return a page of the devices that the caller is signed in on."""
        caller = await self._caller(context)
        wanted = pages.page(request.cursor, request.size, devices.LIST)
        found = await self._store.devices(caller.account_id, devices.place(wanted.after), wanted.fetch)
        rows, cursor = pages.cut(found, wanted, devices.LIST, devices.key)
        return pb.ListDevicesResponse(records=[_device(row, caller) for row in rows], cursor=cursor)

    async def DeleteAccount(
        self, request: pb.DeleteAccountRequest, context: grpc.aio.ServicerContext
    ) -> pb.DeleteAccountResponse:
        """Delete the caller's account."""
        caller = await self._caller(context)
        if request.id.lower() != str(caller.account_id):
            raise Problem(Code.FORBIDDEN, "You can delete your own account only; pass its id.", "id")
        account = await self._store.delete_account(caller.account_id)
        if account is None:
            raise Problem(Code.UNAUTHENTICATED, "The account was deleted.")
        return pb.DeleteAccountResponse(account=_account(account))

    async def _caller(self, context: grpc.aio.ServicerContext) -> Session:
        """Return the live session that the token in the metadata belongs to."""
        text = dict(context.invocation_metadata() or ()).get("token")
        if not isinstance(text, str) or not text:
            raise Problem(Code.UNAUTHENTICATED, "Send an access token; SignIn gives one.")
        token = await self._verifier.verify(text)
        session = await self._store.live_session(uuid.UUID(token.session_id))
        if session is None:
            raise Problem(Code.UNAUTHENTICATED, "Your session was ended; sign in again.")
        return session

    async def GetKeySet(self, request: pb.GetKeySetRequest, context: grpc.aio.ServicerContext) -> pb.GetKeySetResponse:
        """Return the public keys."""
        return pb.GetKeySetResponse(json=self._signer.key_set())

    def _pair(self, session: Session, refresh: RefreshGrant) -> pb.TokenPair:
        return pb.TokenPair(access=self._signer.access(session, utc_now()), refresh=refresh.text)


def _new_session(account_id: uuid.UUID) -> Session:
    return Session(uuid.uuid4(), account_id, version=1)


def _wrong_credentials() -> Problem:
    return Problem(Code.UNAUTHENTICATED, "The e-mail address or the password is wrong.")


def _device(device: devices.Device, caller: Session) -> pb.Device:
    return pb.Device(
        client_id=device.client_id,
        signed_in_at=_timestamp(device.signed_in_at),
        current=device.session_id == caller.id,
    )


def _account(account: Account) -> pb.Account:
    return pb.Account(
        id=str(account.id),
        email=account.email,
        is_email_verified=account.is_email_verified,
        phone=account.phone,
        is_phone_verified=account.is_phone_verified,
        created_at=_timestamp(account.created_at),
        updated_at=_timestamp(account.updated_at),
    )


def _timestamp(moment: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(moment)
    return timestamp
