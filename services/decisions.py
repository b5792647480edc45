"""Asks Open Policy Agent whether somebody may do something, and never takes silence for a yes.

chat and realtime decide nothing about permission themselves: they send what they know (who, which session, which
room, and the *version* of each that their source of truth shows) and get allow, deny or stale. Stale means: the
aggregated data the policies read has not caught up with what the caller knows yet. It catches up within
milliseconds as a rule, so `settle` asks again, with growing pauses, until a bound; then it refuses.

An unreachable, slow or confused OPA is a Problem(UNAVAILABLE), raised at once: only stale is worth waiting for, and
callers that queue up behind a dead OPA would only make its outage theirs.

    point = DecisionPoint("http://127.0.0.1:4900", wait_s=2)
    decision = await point.settle("join_room", {"session": {...}, "user": "…", "room": {"id": "…", "version": 3}})
    if decision.outcome is not Outcome.ALLOW: ...
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from enum import StrEnum
from types import TracebackType
from typing import Self

import aiohttp
import msgspec
import structlog

from services import metrics, tracing
from services.problems import Code, Problem
from spans.told import CLIENT

log = structlog.get_logger()

ASK_TIMEOUT_S = 0.5  # one question; OPA answers in well under a millisecond when it is well
CONNECTIONS_MAX = 64  # further questions wait for a free one, within ASK_TIMEOUT_S
FIRST_PAUSE_S = 0.003  # about one hop of change capture
PAUSE_GROWTH = 1.6
# While change capture is away, everybody who writes in a room whose members changed waits here. Asking every 50 ms,
# fifty sends a second had kept OPA from answering for the other rooms, and did so for long after capture was back.
PAUSE_S_MAX = 0.5


class Outcome(StrEnum):
    """What a policy says."""

    ALLOW = "allow"
    DENY = "deny"
    STALE = "stale"


class Decision(msgspec.Struct, frozen=True):
    """A policy's answer: about the session or the room, why, and the version of the data it decided on."""

    outcome: Outcome
    about: str = ""
    reason: str = ""
    data_version: int = 0


class _Answer(msgspec.Struct):
    """The body OPA answers with; an undefined decision has no `result`."""

    result: Decision | None = None


_decoder = msgspec.json.Decoder(_Answer)
_encoder = msgspec.json.Encoder()


def undecided() -> Problem:
    """The refusal while nobody can say whether it is allowed; the logs say why."""
    return Problem(Code.UNAVAILABLE, "Permissions cannot be decided right now; try again in a few seconds.")


def decision_in(body: bytes, policy: str) -> Decision:
    """The decision in OPA's answer; anything that is not clearly one is a Problem, never an allow."""
    try:
        decision = _decoder.decode(body).result
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("decision_unreadable", policy=policy, error=str(error))
        raise undecided() from error
    if decision is None:
        log.warning("decision_undefined", policy=policy, hint=f"check that OPA loaded policies/{policy}.rego")
        raise undecided()
    return decision


def pauses_s(wait_s: float) -> Iterator[float]:
    """Growing pauses that add up to exactly `wait_s`: a first re-ask soon, and no hammering after."""
    pause_s, left_s = FIRST_PAUSE_S, wait_s
    while left_s > 0:
        yield min(pause_s, left_s)
        left_s -= pause_s
        pause_s = min(pause_s * PAUSE_GROWTH, PAUSE_S_MAX)


async def settled(ask: Callable[[], Awaitable[Decision]], wait_s: float) -> Decision:
    """Ask until the answer is not stale, for `wait_s` at most, then refuse with Problem(UNAVAILABLE)."""
    deadline_s = time.monotonic() + wait_s
    decision = await ask()
    for pause_s in pauses_s(wait_s):
        if decision.outcome is not Outcome.STALE or time.monotonic() >= deadline_s:
            break
        await asyncio.sleep(pause_s)
        decision = await ask()
    if decision.outcome is Outcome.STALE:
        message = f"Permissions have not caught up within {wait_s:g} s: {decision.reason}; try again shortly."
        raise Problem(Code.UNAVAILABLE, message)
    return decision


class DecisionPoint:
    """One OPA, asked over kept-alive connections. Close it when done (or use `async with`)."""

    def __init__(self, url: str, wait_s: float) -> None:
        self._url = url.rstrip("/")
        self._wait_s = wait_s
        self._http: aiohttp.ClientSession | None = None
        self._stale: Counter[str] = Counter()
        metrics.counter(
            "veigo.decisions.stale", "Answers that data had not caught up.", lambda: {"policy": self._stale}
        )

    async def decide(self, policy: str, question: Mapping[str, object], /) -> Decision:
        """Ask `policy` once; raises Problem(UNAVAILABLE) when OPA gives no readable decision in time."""
        body = _encoder.encode({"input": question})
        address = f"{self._url}/v1/data/{policy}/decision"
        try:
            async with self._session().post(address, data=body) as response:
                answer = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            reason = str(error) or f"no answer within {ASK_TIMEOUT_S:g} s"
            log.warning("decision_unanswered", policy=policy, opa=self._url, reason=reason)
            raise undecided() from error
        if response.status != 200:
            log.warning("decision_refused", policy=policy, opa=self._url, status=response.status)
            raise undecided()
        return decision_in(answer, policy)

    async def settle(self, policy: str, question: Mapping[str, object], /) -> Decision:
        """Ask `policy` until it allows or denies; Problem(UNAVAILABLE) when still stale after `wait_s`."""
        asked = 0

        async def ask() -> Decision:
            nonlocal asked
            asked += 1
            return await self.decide(policy, question)

        about = {"http.request.method": "POST", "server.address": "opa", "veigo.policy": policy}
        with tracing.span(f"POST opa {policy}", CLIENT, about) as span:
            try:
                decision = await settled(ask, self._wait_s)
            finally:
                self._stale[policy] += asked - 1
                span.set("veigo.decision.retries", asked - 1)
            span.set("veigo.decision.outcome", decision.outcome.value)
            span.set("veigo.decision.data_version", decision.data_version)
            return decision

    async def close(self) -> None:
        """Close the kept-alive connections."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def __aenter__(self) -> Self:
        """A decision point that closes itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Close on the way out."""
        await self.close()

    def _session(self) -> aiohttp.ClientSession:
        # Made at the first question: aiohttp wants a running loop, and constructors run before there is one.
        if self._http is None:
            self._http = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX),
                timeout=aiohttp.ClientTimeout(total=ASK_TIMEOUT_S),
                headers={"Content-Type": "application/json"},
            )
        return self._http
