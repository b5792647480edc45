"""What every RPC may answer whichever it is: that something it needs is out, took too long, or got too much."""

import asyncio
import json
import os
import signal
from contextlib import contextmanager

import pytest

from live.conftest import veigo
from veigo.contracts.cast import MESSAGES, ROOMS


@pytest.fixture
def frozen(stack):
    """Return the context in which a node's process stands still; it goes on at every exit."""
    nodes = json.loads(veigo("status", "--name", stack.name, "--json").stdout)["nodes"]
    processes = {node["name"]: node["pid"] for node in nodes}

    @contextmanager
    def standing_still(name):
        os.kill(processes[name], signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(processes[name], signal.SIGCONT)

    return standing_still


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
