"""The gateway's two channels, to authentication and chat, and how a call goes over them.

One long-lived HTTP/2 connection each: a call costs no handshake, and gRPC reconnects by itself, quickly, when a
service comes back. A call carries the caller's token and trace context as metadata (`token`, `traceparent`) and a
deadline. A failure comes back as the Problem that the service worded.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import getrandbits
from typing import TypeVar

import grpc

from protos.veigo.aggregator.v1.aggregator_pb2_grpc import InboxServiceStub
from protos.veigo.authentication.v1.authentication_pb2_grpc import AuthenticationServiceStub
from protos.veigo.chat.v1.chat_pb2_grpc import (
    MemberRoomServiceStub,
    MessageServiceStub,
    ProfileServiceStub,
    RoomServiceStub,
)
from services import finished_spans, rpc_channel, rpc_status, rpc_tracing
from services.gateway.rooms import Rooms
from services.problems import Code, Problem
from services.trace_context import context_in

DEADLINE_S = 10.0  # one call; covers a slow password hash and a decision that must be waited for
TOKEN_BYTES_MAX = 4_096
SCHEMES = ("superduperuser", "bearer")  # compared without case, as RFC 9110 (11.1) has it

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")

Reply = TypeVar("Reply")
Method = Callable[..., Awaitable[Reply]]  # of a stub


class Backends:
    """The stubs of every service the gateway calls, and their channels."""

    def __init__(self, authentication: grpc.aio.Channel, chat: grpc.aio.Channel, aggregator: grpc.aio.Channel) -> None:
        # Without the aggregator there is no inbox, and everything else works: it is not asked whether we are ready.
        self.channels: Mapping[str, grpc.aio.Channel] = {"authentication": authentication, "chat": chat}
        self.authentication = AuthenticationServiceStub(authentication)
        self.profiles = ProfileServiceStub(chat)
        self.rooms = RoomServiceStub(chat)
        self.members = MemberRoomServiceStub(chat)
        self.messages = MessageServiceStub(chat)
        self.inbox = InboxServiceStub(aggregator)


@asynccontextmanager
async def backends(authentication_address: str, chat_address: str, aggregator_address: str) -> AsyncIterator[Backends]:
    """Open the channels while the context lasts; no service needs to be there yet."""
    async with (
        rpc_channel.channel(authentication_address) as authentication,
        rpc_channel.channel(chat_address) as chat,
        rpc_channel.channel(aggregator_address) as aggregator,
    ):
        yield Backends(authentication, chat, aggregator)


@dataclass(slots=True, frozen=True)
class Caller:
    """Who sent one GraphQL request, and what its calls carry; the context every resolver gets.

    Attributes:
        backends: where to call.
        authorization: the header as it came; empty when there was none.
        traceparent: the trace the request belongs to.
        rooms: what they listen to; None where nothing can be listened to, as in an HTTP request.
    """

    backends: Backends
    authorization: str
    traceparent: str
    rooms: Rooms | None = None

    async def ask(self, method: Method[Reply], request: object, token: str | None = None) -> Reply:
        """Call `method`, as the owner of `token` when one is given.

        Raises:
            Problem: what the service refused or the transport could not do.
        """
        with rpc_tracing.calling(method) as span:
            traceparent = str(span.context) if finished_spans.enabled() else self.traceparent
            metadata: tuple[tuple[str, str], ...] = (("traceparent", traceparent),)
            if token is not None:
                metadata = (("token", token), *metadata)
            try:
                return await method(request, timeout=DEADLINE_S, metadata=metadata)
            except grpc.aio.AioRpcError as error:
                raise rpc_status.problem_of(error) from error

    async def ask_as_caller(self, method: Method[Reply], request: object) -> Reply:
        """Call `method` with the access token of the request's Authorization header; a Problem when it has none."""
        return await self.ask(method, request, access_token_of(self.authorization))


def access_token_of(authorization: str) -> str:
    """Return the access token in an Authorization header; chat, not we, finds out whether it is any good.

    Raises:
        Problem: UNAUTHENTICATED, and how to write the header.
    """
    if not authorization:
        message = "No access token: send the header `Authorization: Bearer <access token>`; SignIn returns one."
        raise Problem(Code.UNAUTHENTICATED, message)
    scheme, _, token = authorization.strip().partition(" ")
    token = token.strip()
    if scheme.lower() not in SCHEMES or not token:
        message = "The Authorization header must read `Bearer <access token>` or `SuperDuperUser <access token>`."
        raise Problem(Code.UNAUTHENTICATED, message)
    if len(token) > TOKEN_BYTES_MAX or not _TOKEN.fullmatch(token):
        message = "The Authorization header holds something else than an access token; send what SignIn returned."
        raise Problem(Code.UNAUTHENTICATED, message)
    return token


def traceparent_of(header: str | None) -> str:
    """Return the W3C trace context a request came with, or a new one, unsampled, when it has none that is valid."""
    if header is not None and context_in(header) is not None:
        return header
    return f"00-{getrandbits(128) or 1:032x}-{getrandbits(64) or 1:016x}-00"
