"""Delete an account and its profile, over two services with a database each: safe to repeat until it works.

The profile goes first, while the token is still good. If the second step fails, the same call finds no profile and
goes on with the account; once that is gone too, the token is refused.
"""

from protos.veigo.authentication.v1 import authentication_pb2
from protos.veigo.chat.v1 import chat_pb2
from services.gateway import translate
from services.gateway.rpc import Caller
from services.gateway.types import Account
from services.problems import Code, Problem


async def delete_account(caller: Caller, account_id: str) -> Account:
    """Delete the caller's profile, then the account; return the account as it was.

    Raises:
        Problem: FORBIDDEN for another's id, UNAUTHENTICATED when it is gone already, and whatever a step refuses.
    """
    try:
        await caller.ask_as_caller(caller.backends.profiles.DeleteProfile, chat_pb2.DeleteProfileRequest(id=account_id))
    except Problem as problem:
        if problem.code is not Code.NOT_FOUND:  # no profile: never made, or deleted by the try before
            raise
    request = authentication_pb2.DeleteAccountRequest(id=account_id)
    reply = await caller.ask_as_caller(caller.backends.authentication.DeleteAccount, request)
    return translate.account(reply.account)
