"""Who is calling, and whether they may: the token's word, then the policies', at the version the database shows.

The version makes a decision exact although the policies' data lags (docs/decisions/0003): it is read from the room
before the question and must still hold in the transaction after it, so a change of members in between means that the
question is asked again.
"""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import grpc

from services.access_tokens import AccessToken, TokenVerifier
from services.chat.rooms import unknown_room
from services.decisions import DecisionPoint, Outcome
from services.problems import Code, Problem

ATTEMPTS_MAX = 5  # changes of one room's members that a single call waits out, before ABORTED

Answer = TypeVar("Answer")


class MembershipMoved(Exception):  # noqa: N818 - an answer, not an error
    """The room's members are no longer those that the decision was made about."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and the W3C trace context the call belongs to."""

    token: AccessToken
    traceparent: str | None

    @property
    def id(self) -> uuid.UUID:
        """The caller's account, which is also the profile's id."""
        return uuid.UUID(self.token.account_id)


class Authorization:
    """Answers for one chat process."""

    def __init__(
        self,
        verifier: TokenVerifier,
        decisions: DecisionPoint,
        membership_version: Callable[[uuid.UUID], Awaitable[int | None]],
    ) -> None:
        """Decide with `decisions`; `membership_version` reads a room's from the primary database."""
        self._verifier = verifier
        self._decisions = decisions
        self._membership_version = membership_version

    async def identify(self, context: grpc.aio.ServicerContext) -> Caller:
        """Return who calls, by the token in the metadata.

        Raises:
            Problem: UNAUTHENTICATED.
        """
        metadata = dict(context.invocation_metadata() or ())
        token = metadata.get("token")
        if not isinstance(token, str) or not token:
            raise Problem(Code.UNAUTHENTICATED, "Send an access token; SignIn gives one.")
        return Caller(await self._verifier.verify(token), metadata.get("traceparent"))

    async def check_session(self, caller: Caller) -> None:
        """Refuse a caller whose session was ended.

        Raises:
            Problem: UNAUTHENTICATED or UNAVAILABLE.
        """
        await self._check("use_access_token", _session(caller), "You may not do this.")

    async def check_room(self, policy: str, caller: Caller, room_id: uuid.UUID, refusal: str) -> int:
        """Refuse a caller whom `policy` does not allow in a room; returns the membership version that decided.

        Raises:
            Problem: NOT_FOUND, UNAUTHENTICATED, FORBIDDEN with the sentence `refusal`, or UNAVAILABLE.
        """
        version = await self._membership_version(room_id)
        if version is None:
            raise unknown_room()
        room = {"id": str(room_id), "version": version}
        question = _session(caller) | {"user": caller.token.account_id, "room": room}
        await self._check(policy, question, refusal)
        return version

    async def change_room(
        self, policy: str, caller: Caller, room_id: uuid.UUID, refusal: str, change: Callable[[int], Awaitable[Answer]]
    ) -> Answer:
        """Make a change that is allowed at the very version of the room it is applied to.

        Args:
            policy: who may make it.
            caller: who wants to.
            room_id: where.
            refusal: the sentence for those who may not.
            change: the transaction, given that version; raises MembershipMoved when it no longer holds.

        Raises:
            Problem: as `check_room`; ABORTED when the members change faster than this can be decided.
        """
        for _ in range(ATTEMPTS_MAX):
            version = await self.check_room(policy, caller, room_id, refusal)
            try:
                return await change(version)
            except MembershipMoved:
                continue
        raise Problem(Code.ABORTED, "The room's members are changing too fast right now; try again.")

    async def _check(self, policy: str, question: dict[str, object], refusal: str) -> None:
        decision = await self._decisions.settle(policy, question)
        if decision.outcome is Outcome.ALLOW:
            return
        if decision.about == "session":
            raise Problem(Code.UNAUTHENTICATED, "Your session was ended; sign in again.")
        raise Problem(Code.FORBIDDEN, refusal)


def _session(caller: Caller) -> dict[str, object]:
    return {"session": {"id": caller.token.session_id, "version": caller.token.session_version}}
