"""Whatever is sent to an RPC or an operation: an answer or a coded refusal, in time, and no row is half-written.

Each RPC and operation has a person of its own, who may lose everything: their session, their password, themselves.
"""

import asyncio
import json
from pathlib import Path

import pytest
from graphql import build_schema, parse
from hypothesis import given, note
from hypothesis import strategies as st
from hypothesis_graphql import from_schema
from websockets.asyncio.client import connect

from protos.veigo.aggregator.v1 import aggregator_pb2
from protos.veigo.authentication.v1 import authentication_pb2
from protos.veigo.chat.v1 import chat_pb2
from veigo.contracts import graphql_answer, rpc_recorder, strategies
from veigo.contracts.cases import loaded
from veigo.contracts.cast import PASSWORD
from veigo.contracts.graphql_recorder import document_of
from veigo.contracts.rpc_recorder import EVERYWHERE
from veigo.contracts.rpc_reply import Refusal

ROOT = Path(__file__).parents[2]
REFUSALS = loaded(ROOT / "contracts" / "grpc" / "refusals.json")
SCHEMA = build_schema((ROOT / "services" / "gateway" / "schema.graphql").read_text(encoding="utf-8"))
METHODS = rpc_recorder.methods_of((authentication_pb2.DESCRIPTOR, chat_pb2.DESCRIPTOR, aggregator_pb2.DESCRIPTOR))
OPERATIONS = {**SCHEMA.query_type.fields, **SCHEMA.mutation_type.fields}
BUSY = {"ABORTED"}  # of what changes a room's members
MADE = {}


async def somebody(cast, name):
    """Return who an RPC or operation is called as, made when it is called first; and what they know."""
    if name not in MADE:
        await cast.enter(name, profile=True)
        room = await cast.room("ann", "eve", name)
        MADE[name] = (room, await cast.message(name, room))
    room, message = MADE[name]
    rooms, people = [room, cast.bound["room"], cast.bound["direct"]], [cast.bound[who] for who in (name, "ann", "newt")]
    messages, email = (
        [message, cast.bound["ann's message"], cast.bound["deleted message"]],
        cast.bound[f"{name}'s e-mail"],
    )
    known = {"room_id": rooms, "roomId": rooms, "id": [*people, *rooms], "message_id": messages, "messageId": messages}
    known |= {"member_ids": people, "members": people, "member_id": people, "memberId": people, "email": [email]}
    known |= {"password": [PASSWORD], "old_password": [PASSWORD], "oldPassword": [PASSWORD], "client_id": [f"{name}'s"]}
    tokens = [token for token in (cast.refresh[name], cast.tokens[name]) if token]
    return known | {"clientId": [f"{name}'s"], "token": tokens, "membersId": [people]}


@pytest.mark.parametrize("name", METHODS)
@given(data=st.data())
async def test_no_request_breaks_an_rpc(data, name, rpc, cast):
    """It answers, or refuses as its contract says."""
    request = data.draw(strategies.requests(METHODS[name].input_type, await somebody(cast, name)), "request")
    answer = await rpc.answer(name, request, data.draw(st.sampled_from([cast.tokens[name]] * 9 + [None])), 10)

    if isinstance(answer, Refusal):
        note(str(answer))
        assert answer.code in {*REFUSALS[name], *EVERYWHERE, *BUSY}
        assert "Traceback" not in answer.message


@pytest.mark.parametrize("name", METHODS)
@given(garbage=st.binary(max_size=200))
async def test_bytes_that_are_no_request_are_refused(garbage, name, rpc, cast):
    """Or read as one by chance; but never is that the service's failure."""
    await somebody(cast, name)
    answer = await rpc.answer_to_bytes(name, garbage, cast.tokens[name], 10)

    assert not isinstance(answer, Refusal) or answer.code in {"INVALID_ARGUMENT", *REFUSALS[name], *EVERYWHERE, *BUSY}


@pytest.mark.parametrize("operation", OPERATIONS)
@given(data=st.data())
async def test_no_document_of_the_schema_breaks_an_operation(data, operation, graphql, cast):
    """Documents that are valid run, or their arguments are refused."""
    await somebody(cast, operation)
    document = data.draw(from_schema(SCHEMA, fields=[operation]), "document")
    answer = await graphql.send(document, {}, cast.tokens[operation])
    note(str(answer))

    said = graphql_answer.said(SCHEMA, parse(document), answer)
    assert not {item for item in said if item[1].startswith("GRAPHQL_")}


@pytest.mark.parametrize("operation", OPERATIONS)
@given(data=st.data())
async def test_no_argument_breaks_an_operation(data, operation, graphql, cast):
    """Not of the wrong type, not missing, not of any size."""
    field = OPERATIONS[operation]
    arguments = data.draw(strategies.arguments(field, await somebody(cast, operation)), "arguments")
    document = document_of(SCHEMA, operation, arguments)
    answer = await graphql.send(document, arguments, cast.tokens[operation])
    note(str(answer))

    graphql_answer.said(SCHEMA, parse(document), answer)


@given(body=st.binary(max_size=200) | strategies.json_values().map(lambda value: json.dumps(value).encode()))
async def test_no_body_breaks_the_endpoint(body, stack, http):
    """Whatever it is, it is answered as a GraphQL request is."""
    headers = {"Content-Type": "application/json"}
    async with http.post(f"{stack.http}/graphql", data=body, headers=headers) as response:
        answer = await response.json()

    assert response.status < 500
    graphql_answer.said(SCHEMA, parse("{ __typename }"), answer)


@given(frames=st.lists(st.binary(max_size=50) | strategies.json_values(), min_size=1, max_size=5))
async def test_no_frame_breaks_a_socket(frames, stack, cast):
    """Each gets its ERROR, or is a frame; the socket stays."""
    async with (
        asyncio.timeout(10),
        connect(stack.socket_url(cast.tokens["eve"]), compression=None, proxy=None) as socket,
    ):
        for frame in frames:
            await socket.send(frame if isinstance(frame, bytes) else json.dumps(frame))
            heard = json.loads(await socket.recv())
            assert ("ERROR", "INVALID_ARGUMENT") == (heard["type"], heard["payload"][0]["code"])
        await (await socket.ping())
