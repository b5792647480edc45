"""Who is calling, and whether they may: the token's word, then the policies', at the version the database shows.

The version makes a decision exact although the policies' data lags (docs/decisions/0003): it is read from the room
before the question and must still hold in the transaction after it, so a change of members in between means that the
question is asked again.
"""

import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import grpc

from services import tracing
from services.access_tokens import AccessToken, TokenVerifier
from services.chat.rooms import unknown_room
from services.decisions import Decision, DecisionPoint, Outcome
from services.problems import Code, Problem

ATTEMPTS_MAX = 5  # changes of one room's members that a single call waits out, before ABORTED
VERSIONS_MAX = 10_000  # rooms whose membership version is remembered; the least recently used is forgotten

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
        self._versions: OrderedDict[uuid.UUID, int] = OrderedDict()

    async def identify(self, context: grpc.aio.ServicerContext) -> Caller:
        """Return who calls, by the token in the metadata.

        Raises:
            Problem: UNAUTHENTICATED.
        """
        metadata = dict(context.invocation_metadata() or ())
        token = metadata.get("token")
        if not isinstance(token, str) or not token:
            raise Problem(Code.UNAUTHENTICATED, "Send an access token; SignIn gives one.")
        return Caller(await self._verifier.verify(token), tracing.traceparent() or metadata.get("traceparent"))

    async def check_session(self, caller: Caller) -> None:
        """Refuse a caller whose session was ended.

        Raises:
            Problem: UNAUTHENTICATED or UNAVAILABLE.
        """
        _refuse(await self._decisions.settle("use_access_token", _session(caller)), "You may not do this.")

    async def check_room(self, policy: str, caller: Caller, room_id: uuid.UUID, refusal: str) -> None:
        """Refuse a caller whom `policy` does not allow in a room, as its members are now.

        Raises:
            Problem: NOT_FOUND, UNAUTHENTICATED, FORBIDDEN with the sentence `refusal`, or UNAVAILABLE.
        """
        version = await self._version_now(room_id)
        _refuse(await self._decide(policy, caller, room_id, version), refusal)

    async def change_room(
        self,
        policy: str,
        caller: Caller,
        room_id: uuid.UUID,
        refusal: str,
        change: Callable[[int], Awaitable[Answer]],
        about: Mapping[str, object] | None = None,
    ) -> Answer:
        """Make a change that is allowed at the very version of the room it is applied to.

        The first attempt is made at the version remembered from the room's last change, which spares every message a
        read. That is exact all the same: an allowed change only counts if the room still has that version, and a
        refusal is only believed at a version read for it.

        Args:
            policy: who may make it.
            caller: who wants to.
            room_id: where.
            refusal: the sentence for those who may not.
            change: the transaction, given that version; raises MembershipMoved when it no longer holds.
            about: what else the policy needs to know.

        Raises:
            Problem: as `check_room`; ABORTED when the members change faster than this can be decided.
        """
        remembered = self._versions.get(room_id)
        for _ in range(ATTEMPTS_MAX):
            version = await self._version_now(room_id) if remembered is None else remembered
            decision = await self._decide(policy, caller, room_id, version, about)
            if remembered is None:
                _refuse(decision, refusal)
            remembered = None
            if decision.outcome is not Outcome.ALLOW:
                continue
            try:
                return await change(version)
            except MembershipMoved:
                continue
        raise _too_fast()

    async def change_membership(
        self, caller: Caller, room_id: uuid.UUID, change: Callable[[int], Awaitable[Answer]]
    ) -> Answer:
        """Make a change that anybody with a good session may make, at the very version of the room it is applied to.

        Raises:
            Problem: as `change_room`.
        """
        await self.check_session(caller)
        for _ in range(ATTEMPTS_MAX):
            try:
                return await change(await self._version_now(room_id))
            except MembershipMoved:
                continue
        raise _too_fast()

    async def _version_now(self, room_id: uuid.UUID) -> int:
        version = await self._membership_version(room_id)
        if version is None:
            self._versions.pop(room_id, None)
            raise unknown_room()
        self._versions[room_id] = version
        self._versions.move_to_end(room_id)
        if len(self._versions) > VERSIONS_MAX:
            self._versions.popitem(last=False)
        return version

    async def _decide(
        self, policy: str, caller: Caller, room_id: uuid.UUID, version: int, about: Mapping[str, object] | None = None
    ) -> Decision:
        room = {"id": str(room_id), "version": version}
        question = _session(caller) | {"user": caller.token.account_id, "room": room} | dict(about or {})
        return await self._decisions.settle(policy, question)


def _session(caller: Caller) -> dict[str, object]:
    return {"session": {"id": caller.token.session_id, "version": caller.token.session_version}}


def _too_fast() -> Problem:
    return Problem(Code.ABORTED, "The room's members are changing too fast right now; try again.")


def _refuse(decision: Decision, refusal: str) -> None:
    """Refuse unless allowed."""
    if decision.outcome is Outcome.ALLOW:
        return
    if decision.about == "session":
        raise Problem(Code.UNAUTHENTICATED, "Your session was ended; sign in again.")
    raise Problem(Code.FORBIDDEN, refusal)
