"""How much longer a decision by Open Policy Agent takes than a round trip that decides nothing."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import jwt

from bench.answering import answering
from bench.blocks import figures_of, one_after_another
from bench.http_connection import HttpConnection
from bench.measure import Figures, Goal, Measure, Ratio, Repeat, Void
from bench.site import Site
from services.decisions import DecisionPoint, Outcome
from stack import postgres
from veigo.client.accounts import room_of, signed_up
from veigo.client.graphql import GraphQL

BLOCK_S = 1.5
MEMBERS = 8
DECISION_WAIT_S = 5.0
NOTHING = b'{"input":{}}'


async def question_of(site: Site) -> dict[str, object]:
    """What chat would ask about a message in a new room: by the token's claims, at the database's version."""
    async with GraphQL(site.gateway) as graphql:
        owner, *others = await signed_up(graphql, MEMBERS, "bench")
        room = await room_of(graphql, owner, others, "Room")
    claims = jwt.decode(owner.token, options={"verify_signature": False})
    connection = await postgres.connect(site.stack, "chat_db")
    try:
        version = await connection.fetchval("SELECT membership_version FROM rooms WHERE id = $1", room)
    finally:
        await connection.close()
    return {
        "session": {"id": claims["sid"], "version": claims["sv"]},
        "user": owner.id,
        "room": {"id": room, "version": version},
    }


@asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Mapping[str, Repeat]]:
    """Ask OPA with data as the aggregator has put it there, and two servers for nothing."""
    question, seconds = await question_of(site), site.seconds(BLOCK_S)
    address = site.stack.address("opa")

    async with (
        DecisionPoint(f"http://{address}", wait_s=DECISION_WAIT_S) as point,
        aiohttp.ClientSession() as http,
        answering("http") as plain,
    ):
        bare = await HttpConnection.open(plain)

        async def decide() -> None:
            decision = await point.settle("send_message", question)
            if decision.outcome is not Outcome.ALLOW:
                raise Void(f"OPA answered {decision.outcome}: {decision.reason}")

        async def look() -> None:
            async with http.get(f"http://{address}/health") as answer:
                await answer.read()
                if answer.status != 200:
                    raise Void(f"OPA's health page answered {answer.status}")

        async def ours() -> Figures:
            await decide()
            return figures_of(await one_after_another(decide, seconds))

        async def health() -> Figures:
            return figures_of(await one_after_another(look, seconds))

        async def nothing() -> Figures:
            return figures_of(await one_after_another(lambda: bare.post("/", NOTHING), seconds))

        try:
            yield {"ours": ours, "health": health, "nothing": nothing}
        finally:
            bare.close()


measure = Measure(
    name="authorization",
    question="How much longer does a decision take than a round trip that decides nothing?",
    sides={
        "ours": "chat's question about a message, by the service's own client, decided by OPA from aggregated data",
        "health": "OPA's health page, which asks it for nothing, by the HTTP client the services use",
        "nothing": "a server that gives everybody the same answer, by a client that is nothing but a connection",
    },
    ratios=(
        Ratio("p50", over=("ours",), under=("health",), figure="p50_ms", goal=Goal(at_most=1.1)),
        Ratio("p50 by the least a server can do", over=("ours",), under=("nothing",), figure="p50_ms"),
    ),
    opened=opened,
)
