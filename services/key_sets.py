"""Where the services that verify tokens get the issuer's public keys from."""

from collections.abc import Awaitable, Callable

import grpc

from protos.veigo.authentication.v1.authentication_pb2 import GetKeySetRequest
from protos.veigo.authentication.v1.authentication_pb2_grpc import AuthenticationServiceStub
from services.rpc_status import problem_of

FETCH_TIMEOUT_S = 2.0  # authentication holds the key set in memory, so it is down rather than slow


def fetched_from(authentication: grpc.aio.Channel) -> Callable[[], Awaitable[str]]:
    """Return what `access_tokens.TokenVerifier` fetches keys with: a call to authentication, Problems when it fails."""
    stub = AuthenticationServiceStub(authentication)

    async def fetch() -> str:
        try:
            key_set: str = (await stub.GetKeySet(GetKeySetRequest(), timeout=FETCH_TIMEOUT_S)).json
        except grpc.aio.AioRpcError as error:
            raise problem_of(error) from error
        return key_set

    return fetch
