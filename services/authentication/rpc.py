"""AuthenticationService: protobuf in, rules and store in the middle, protobuf out."""

import uuid
from datetime import UTC, datetime

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from protos.veigo.authentication.v1 import authentication_pb2 as pb
from protos.veigo.authentication.v1 import authentication_pb2_grpc as pb_grpc
from services.access_tokens import TokenVerifier
from services.authentication import credentials
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
            raise Problem(Code.UNAUTHENTICATED, "The e-mail address or the password is wrong.")
        session = _new_session(account.id)
        refresh = self._signer.refresh(session, utc_now())
        await self._store.sign_in(session, given.client_id, refresh)
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

    async def GetKeySet(self, request: pb.GetKeySetRequest, context: grpc.aio.ServicerContext) -> pb.GetKeySetResponse:
        """Return the public keys."""
        return pb.GetKeySetResponse(json=self._signer.key_set())

    def _pair(self, session: Session, refresh: RefreshGrant) -> pb.TokenPair:
        return pb.TokenPair(access=self._signer.access(session, utc_now()), refresh=refresh.text)


def _new_session(account_id: uuid.UUID) -> Session:
    return Session(uuid.uuid4(), account_id, version=1)


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
