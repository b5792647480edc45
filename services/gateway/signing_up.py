"""Sign up and create the profile in one go, over two services with a database each: safe to repeat until it works.

Nothing spans both databases, so the order does the work. The profile is checked before anything is written; the
account comes first, because the profile's id is the account's. If the second step fails, the account is there and
the same call, made again, finds it: it signs in with the password it was given and goes on where the first ended.
"""

from protos.veigo.authentication.v1 import authentication_pb2
from protos.veigo.chat.v1 import chat_pb2
from services.gateway import translate
from services.gateway.rpc import Caller
from services.gateway.types import SignUpAndCreateProfileResponse
from services.problems import Code, Problem

REFUSALS = frozenset({Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID_ARGUMENT})

Login = authentication_pb2.SignUpResponse | authentication_pb2.SignInResponse


async def sign_up_and_create_profile(
    caller: Caller, account: authentication_pb2.SignUpRequest, profile: chat_pb2.CreateProfileRequest
) -> SignUpAndCreateProfileResponse:
    """Return account, profile and tokens, made now or by an earlier try.

    Raises:
        Problem: ALREADY_EXISTS when the e-mail or phone belongs to an account this password does not open; and
            whatever a step refuses.
    """
    check = chat_pb2.CreateProfileRequest()
    check.CopyFrom(profile)
    check.validate_only = True
    await caller.ask(caller.backends.profiles.CreateProfile, check)
    login = await _signed_up_or_in(caller, account)
    created = await _profile_created_or_read(caller, login, profile)
    return SignUpAndCreateProfileResponse(
        account=translate.account(login.account),
        profile=translate.profile(created),
        token=translate.token(login.token),
    )


async def _signed_up_or_in(caller: Caller, account: authentication_pb2.SignUpRequest) -> Login:
    authentication = caller.backends.authentication
    try:
        return await caller.ask(authentication.SignUp, account)
    except Problem as problem:
        if problem.code is not Code.ALREADY_EXISTS:
            raise
        taken = problem
    sign_in = authentication_pb2.SignInRequest(
        email=account.email, password=account.password, client_id=account.client_id
    )
    try:
        return await caller.ask(authentication.SignIn, sign_in)
    except Problem as problem:
        if problem.code in REFUSALS:  # not theirs: the answer is that it is taken, and nothing about whose it is
            raise taken from None
        raise


async def _profile_created_or_read(
    caller: Caller, login: Login, profile: chat_pb2.CreateProfileRequest
) -> chat_pb2.Profile:
    profiles, token = caller.backends.profiles, login.token.access
    reply: chat_pb2.CreateProfileResponse | chat_pb2.ReadProfileResponse
    try:
        reply = await caller.ask(profiles.CreateProfile, profile, token)
    except Problem as problem:
        if problem.code is not Code.ALREADY_EXISTS:
            raise
        reply = await caller.ask(profiles.ReadProfile, chat_pb2.ReadProfileRequest(id=login.account.id), token)
    return reply.profile
