"""The two questions that others answer: whose token is this, and may they join that room?

Both end in an answer or a Problem within a bound. Whoever cannot be asked allows nothing: an unreachable chat,
authentication or OPA is UNAVAILABLE, which a client may try again, and never a yes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from protos.veigo.chat.v1 import chat_pb2, chat_pb2_grpc
from services.access_tokens import AccessToken, TokenVerifier
from services.decisions import DecisionPoint, Outcome
from services.problems import Code, Problem
from services.realtime.records import RoomEvent
from services.realtime.room import LogPage, RoomPosition
from services.realtime.way import Replays
from services.rpc_status import problem_of

POSITION_WAIT_S = 2.0  # chat's answer is one indexed read
QUESTIONS_AT_ONCE_MAX = 256  # after a reconnect storm the other joins wait here, not in chat; each is bounded below
TURN_WAIT_S = 10.0
LOG_WAIT_S = 5.0  # chat's answer is one indexed read, and a decision that it may have to wait for
PAGE_EVENTS_MAX = 32  # of the largest messages, still less than a socket may leave unread


class Admission:
    """Asks on behalf of sockets: at the handshake about the token, at a join about the room."""

    def __init__(self, verifier: TokenVerifier, decisions: DecisionPoint, chat: grpc.aio.Channel) -> None:
        self._verifier = verifier
        self._decisions = decisions
        self._rooms = chat_pb2_grpc.RoomServiceStub(chat)
        self._turns = asyncio.Semaphore(QUESTIONS_AT_ONCE_MAX)
        self._replays = Replays()

    async def admit(self, token: str) -> AccessToken:
        """Return what a usable token says.

        Raises:
            Problem: UNAUTHENTICATED when the token or its session is no good, UNAVAILABLE when that cannot be found
                out now.
        """
        access = await self._verifier.verify(token)
        decision = await self._decisions.settle("use_access_token", {"session": _session(access)})
        if decision.outcome is not Outcome.ALLOW:
            raise Problem(Code.UNAUTHENTICATED, "The session of this access token was revoked; sign in again.", "token")
        return access

    async def position(self, token: str, access: AccessToken, room_id: str) -> RoomPosition:
        """Return where a room stands that the token's owner may join.

        Raises:
            Problem: NOT_FOUND, FORBIDDEN, or UNAVAILABLE when that cannot be found out now.
        """
        async with self._turn():
            return await self._position(token, access, room_id)

    async def page(self, token: str, access: AccessToken, room_id: str, after: int) -> LogPage:
        """Return what a room's log holds after a sequence, for a token whose owner may join the room.

        Raises:
            Problem: as `position`.
        """
        async with self._turn():
            return await self._page(token, access, room_id, after)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(TURN_WAIT_S):
                await self._turns.acquire()
        except TimeoutError:
            raise Problem(Code.UNAVAILABLE, "Too many sockets are joining rooms now; join it again.") from None
        try:
            yield
        finally:
            self._turns.release()

    async def _page(self, token: str, access: AccessToken, room_id: str, after: int) -> LogPage:
        request = chat_pb2.ReadLogRequest(room_id=room_id, after=after, size=PAGE_EVENTS_MAX)
        try:
            reply = await self._rooms.ReadLog(request, metadata=(("token", token),), timeout=LOG_WAIT_S)
        except grpc.aio.AioRpcError as error:
            raise _askable_again(problem_of(error)) from error
        position = RoomPosition(reply.last_sequence, reply.membership_version)
        await self._check_may_join(access, room_id, position)
        events = tuple(
            RoomEvent(
                room_id,
                logged.sequence,
                logged.type,
                logged.payload,
                logged.created_at,
                logged.traceparent if logged.HasField("traceparent") else None,
            )
            for logged in reply.events
        )
        self._replays.given(events)
        return LogPage(position, reply.horizon, events)

    async def _position(self, token: str, access: AccessToken, room_id: str) -> RoomPosition:
        try:
            reply = await self._rooms.GetRoomPosition(
                chat_pb2.GetRoomPositionRequest(room_id=room_id),
                metadata=(("token", token),),
                timeout=POSITION_WAIT_S,
            )
        except grpc.aio.AioRpcError as error:
            raise _askable_again(problem_of(error)) from error
        position = RoomPosition(reply.last_sequence, reply.membership_version)
        await self._check_may_join(access, room_id, position)
        return position

    async def _check_may_join(self, access: AccessToken, room_id: str, position: RoomPosition) -> None:
        # The policies' data may lag behind chat; the version tells them what they must have seen to decide.
        question = {
            "session": _session(access),
            "user": access.account_id,
            "room": {"id": room_id, "version": position.membership_version},
        }
        decision = await self._decisions.settle("join_room", question)
        if decision.outcome is not Outcome.ALLOW:
            raise Problem(Code.FORBIDDEN, decision.reason)


def _session(access: AccessToken) -> dict[str, object]:
    return {"id": access.session_id, "version": access.session_version}


def _askable_again(problem: Problem) -> Problem:
    """A read that took too long changed nothing, so it is as good as a service that was not there."""
    if problem.code is Code.DEADLINE_EXCEEDED:
        return Problem(Code.UNAVAILABLE, "The room could not be looked up in time; join it again.")
    return problem
