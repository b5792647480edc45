"""The gateway against exactly what it says it relies on (contracts/gateway_*/cases.json), and nothing else.

Each case is called by the operation it names, and its reply comes out as it says; a call that no case covers, and a
case that nobody calls, fail. The live tests in contracts/ hold the services to the very same cases.
"""

from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from graphql import build_schema, parse

from protos.veigo.aggregator.v1 import aggregator_pb2
from protos.veigo.authentication.v1 import authentication_pb2
from protos.veigo.chat.v1 import chat_pb2
from services.gateway.schema import PRINTED
from veigo.contracts import graphql_answer, rpc_recorder
from veigo.contracts.cases import SHAPES, differences, filled, loaded
from veigo.contracts.graphql_recorder import document_of
from veigo.contracts.stub import Promises, serving

CONTRACTS = Path(__file__).parents[4] / "contracts"
EDGES = ("gateway_chat", "gateway_authentication", "gateway_aggregator")
CASES = [case for edge in EDGES for case in loaded(CONTRACTS / edge / "cases.json")]
SCHEMA = build_schema(PRINTED.read_text(encoding="utf-8"))
METHODS = rpc_recorder.methods_of((authentication_pb2.DESCRIPTOR, chat_pb2.DESCRIPTOR, aggregator_pb2.DESCRIPTOR))
NAMES = ("bob", "ann", "eve", "newt", "nobody")
THINGS = ("room", "direct", "message", "ann's message", "deleted message", "fresh id")
IDS = {name: f"0191c2a4-7a3e-7c51-9d7e-{number:012x}" for number, name in enumerate((*NAMES, *THINGS))}
TOKENS = {name: None if name == "nobody" else f"{name}.access.token" for name in NAMES}
TOKENS["newcomer"] = SHAPES["token"][1]  # what the promise of a sign-up has for an example
BOUND = IDS | {"fresh e-mail": "new@example.com", "fresh phone": "+123", "bob's e-mail": "bob@example.com"}
BOUND |= {"bob's access token": TOKENS["bob"], "bob's refresh token": "bob.refresh.token"}
UNDER_GRAPHQL = {"PERMISSION_DENIED": "FORBIDDEN"}
# Operations that make several calls, of which cases cover each.
SEVERAL = {
    "SignUpAndCreateProfile": [
        *("a profile is checked before there is an account", "an account is made", "the profile of a new account")
    ],
    "DeleteAccount": ["a profile is deleted", "an account is deleted"],
}


@pytest.fixture(scope="module", params=[False, True], ids=["", "and more"])
def promises(request):
    """As they are, and with all that a later version may add."""
    return Promises(METHODS, CASES, BOUND, TOKENS, later=request.param)


@pytest.fixture
async def ask(gateway_with, promises):
    """Ask a gateway that has nobody behind it but the promises."""
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(serving(promises))
        addresses = dict.fromkeys(("chat_address", "authentication_address", "aggregator_address"), address)
        gateway = await stack.enter_async_context(gateway_with(**addresses))
        http = await stack.enter_async_context(aiohttp.ClientSession())

        async def asked(operation, arguments, name):
            document = document_of(SCHEMA, operation, arguments)
            headers = {"Authorization": f"Bearer {TOKENS[name]}"} if TOKENS[name] else {}
            url = f"http://127.0.0.1:{gateway.serving.port}/graphql"
            async with http.post(url, json={"query": document, "variables": arguments}, headers=headers) as response:
                answer = await response.json()
            assert [] == promises.uncovered
            graphql_answer.said(SCHEMA, parse(document), answer)
            return answer

        yield asked


@pytest.mark.parametrize("case", [case for case in CASES if "does" in case], ids=lambda case: case["case"])
async def test_the_gateway_does_with_a_reply_what_its_case_says(case, ask, promises):
    operation = case["does"]["operation"]
    answer = await ask(operation, filled(case["does"]["arguments"], BOUND), case["as"])

    assert case["case"] in promises.used
    if "refusal" in case:
        [error] = answer["errors"]
        code = case["refusal"]["code"]
        shown = {"code": UNDER_GRAPHQL.get(code, code)}
        if "fields" in case["refusal"]:
            shown["field"] = case["refusal"]["fields"][0]
        assert shown == error["extensions"]
    else:
        assert [] == list(differences(case["shows"], answer["data"][operation], BOUND))


async def test_deleting_an_account_deletes_the_profile_first(ask, promises):
    answer = await ask("DeleteAccount", {"id": BOUND["bob"]}, "bob")

    assert BOUND["bob's e-mail"] == answer["data"]["DeleteAccount"]["email"]
    assert promises.used.issuperset(SEVERAL["DeleteAccount"])


async def test_signing_up_with_a_profile_checks_it_before_there_is_an_account(ask, promises):
    account = {"email": "<fresh e-mail>", "password": "Password@123", "clientId": "desk", "phone": "<fresh phone>"}
    answer = await ask("SignUpAndCreateProfile", filled(account, BOUND) | {"name": "Newt"}, "nobody")
    made = answer["data"]["SignUpAndCreateProfile"]

    assert ("Newt", TOKENS["newcomer"]) == (made["profile"]["name"], made["token"]["access"])
    assert promises.used.issuperset(SEVERAL["SignUpAndCreateProfile"])


async def test_an_enum_value_of_a_later_version_is_null(ask, promises, monkeypatch):
    """The room is shown all the same."""
    reply = chat_pb2.CreateRoomResponse(information=chat_pb2.Room(id="r", name="Hall", type=99, privacy=99))
    monkeypatch.setattr(promises, "reply", lambda *_: reply.SerializeToString())
    room = {"name": "Us", "type": "direct", "members": [BOUND["bob"]]}
    shown = (await ask("CreateRoom", room, "ann"))["data"]["CreateRoom"]["information"]

    assert ("Hall", None, None) == (shown["name"], shown["type"], shown["privacy"])


def test_every_promise_is_used(promises):
    """By the tests above; a promise that nobody uses binds for nothing."""
    together = {name for names in SEVERAL.values() for name in names}
    named = {case["case"] for case in CASES}

    assert len(named) == len(CASES)
    assert together <= named
    assert named == {case["case"] for case in CASES if "does" in case} | together


def test_every_operation_relies_on_something(promises):
    """So an operation that is new needs cases."""
    does = {case["does"]["operation"] for case in CASES if "does" in case}

    assert {*SCHEMA.query_type.fields, *SCHEMA.mutation_type.fields} == does | SEVERAL.keys()
