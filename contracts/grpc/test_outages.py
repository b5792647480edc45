"""What every RPC may answer whichever it is: that something it needs is out, took too long, or got too much."""

import asyncio

from veigo.contracts.cast import MESSAGES, ROOMS


async def test_who_cannot_be_asked_allows_nothing(rpc, graphql, cast, frozen):
    """While OPA says nothing the answer is UNAVAILABLE, with details, at both doors."""
    message = {"roomId": cast.bound["room"], "content": "Hello"}
    with frozen("opa"):
        answer = await rpc.call(f"{MESSAGES}/CreateMessage", message, cast.tokens["bob"])
        shown = await graphql.ask("CreateMessage", cast.tokens["bob"], **message)

    assert ("UNAVAILABLE", "UNAVAILABLE") == (answer.code, answer.reason)
    assert "UNAVAILABLE" == shown["errors"][0]["extensions"]["code"]


async def test_a_service_that_stands_still_costs_no_more_than_the_deadline(rpc, graphql, cast, frozen):
    """The caller's own at the service's door, the gateway's ten seconds at GraphQL's; what became of it is unknown."""
    room = {"roomId": cast.bound["room"]}
    with frozen("chat"):
        shown, answer = await asyncio.gather(
            graphql.ask("ListMessages", cast.tokens["bob"], **room),
            rpc.call(f"{ROOMS}/GetRoomPosition", room, cast.tokens["bob"], timeout_s=0.5),
        )

    assert "DEADLINE_EXCEEDED" == answer.code
    assert "DEADLINE_EXCEEDED" == shown["errors"][0]["extensions"]["code"]


async def test_a_request_beyond_a_megabyte_is_not_read(rpc, cast):
    message = {"roomId": cast.bound["room"], "content": "x" * 1_100_000}
    answer = await rpc.call(f"{MESSAGES}/CreateMessage", message, cast.tokens["bob"])

    assert "RESOURCE_EXHAUSTED" == answer.code
