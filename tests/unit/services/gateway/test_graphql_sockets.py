"""graphql-transport-ws as a client meets it: the protocol to the letter, who may come in, and what is run."""

import asyncio
import json

import pytest
from websockets.exceptions import InvalidStatus

from services.gateway.graphql_sockets import OPERATIONS_MAX, REASON_BYTES_MAX, GraphQLSockets
from services.gateway.server import MESSAGE_BYTES_MAX
from unit.services.gateway.fake_realtime import WAIT_S
from unit.services.gateway.graphql_client import LISTEN, OTHER, ROOM, TOKEN

BAD_MESSAGES = [
    "no json",
    "[]",
    '"ping"',
    "{}",
    '{"type": "start"}',
    '{"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}}',
    '{"type": "subscribe", "id": "1"}',
    '{"type": "subscribe", "id": "1", "payload": {}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "variables": []}}',
    json.dumps({"type": "complete", "id": "x" * 200}),
    '{"type": "ping", "payload": "x"}',
    "[" * 100_000,
    b"bytes",
]


# The protocol


@pytest.mark.parametrize("path", ["/graphql", "/gql"])
async def test_the_subprotocol_is_agreed_on(gateway, path):
    async with gateway.client(path) as client:
        assert "graphql-transport-ws" == client.connection.subprotocol


@pytest.mark.parametrize("subprotocols", [["graphql-ws"], ["graphql-ws", "soap"], None])
async def test_another_subprotocol_is_4406(gateway, subprotocols):
    async with gateway.client(subprotocols=subprotocols) as client:
        assert (4406, "Subprotocol not acceptable") == await client.closed()


@pytest.mark.parametrize("message", BAD_MESSAGES, ids=lambda message: repr(message[:40]))
async def test_what_is_no_message_of_the_protocol_is_4400(gateway, message):
    """Said in words, as far as a Close frame has room for them."""
    async with gateway.client() as client:
        await client.connection.send(message)
        code, reason = await client.closed()

    assert 4400 == code
    assert "message" in reason


async def test_subscribing_before_the_acknowledgement_is_4401(gateway):
    async with gateway.client() as client:
        await client.subscribe(room=ROOM)

        assert (4401, "Unauthorized") == await client.closed()


async def test_a_second_connection_init_is_4429(gateway):
    async with gateway.client() as client:
        await client.init({})
        await client.say("connection_init")

        assert (4429, "Too many initialisation requests") == await client.closed()


async def test_an_id_that_is_taken_is_4409(gateway):
    async with gateway.listening() as (client, _):
        await client.subscribe(room=OTHER)

        assert (4409, "Subscriber for 1 already exists") == await client.closed()


async def test_no_connection_init_in_time_is_4408(gateway_with, monkeypatch):
    monkeypatch.setattr(GraphQLSockets.__init__, "__defaults__", (0.05,))
    async with gateway_with() as gateway, gateway.client() as client:
        assert (4408, "Connection initialisation timeout") == await client.closed()


async def test_a_ping_is_answered_at_any_time(gateway):
    async with gateway.client() as client:
        await client.say("ping", payload={"a": 1})
        first = await client.hear()
        await client.init({})
        await client.say("pong")
        await client.say("ping")

        assert {"type": "pong"} == first == await client.hear()


async def test_a_message_that_is_too_large_is_1009(gateway):
    async with gateway.client() as client:
        await client.connection.send("x" * (MESSAGE_BYTES_MAX + 1))
        code, _ = await client.closed()

    assert 1009 == code


async def test_messages_in_one_piece_with_the_handshake_are_not_lost(gateway):
    """Whoever does not wait for the answer is answered as well."""
    head = (
        b"GET /graphql HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    )
    ping = b'{"type":"ping"}'
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.serving.port)
    writer.write(head + bytes([0x81, 0x80 | len(ping), 0, 0, 0, 0]) + ping)
    async with asyncio.timeout(WAIT_S):
        answer = await reader.readuntil(b"pong")
    writer.close()

    assert answer.startswith(b"HTTP/1.1 101 ")


async def test_a_page_from_elsewhere_is_refused(gateway_with):
    async with gateway_with(accepted_origins="http://here") as gateway:
        async with gateway.client(origin="http://here") as client:
            await client.init({})
        with pytest.raises(InvalidStatus) as refused:
            async with gateway.client(origin="http://there"):
                pass

    assert 403 == refused.value.response.status_code


# Who may


@pytest.mark.parametrize("payload", [TOKEN, {"Authorization": "SuperDuperUser token"}])
async def test_realtime_is_asked_as_the_owner_of_the_token(gateway, payload):
    async with gateway.client() as client:
        await client.init(payload)
        carried = await gateway.realtime.carried()

    assert "Bearer token" == carried.token


async def test_the_handshakes_header_will_do(gateway):
    async with gateway.client(additional_headers={"Authorization": "Bearer from-header"}) as client:
        await client.init({})
        carried = await gateway.realtime.carried()

    assert "Bearer from-header" == carried.token


@pytest.mark.parametrize("payload", [{"authorization": 7}, {"authorization": "token"}, {"authorization": "Basic x"}])
async def test_what_is_no_token_is_4403(gateway, payload):
    async with gateway.client() as client:
        await client.say("connection_init", payload=payload)
        code, reason = await client.closed()

    assert 4403 == code
    assert "Bearer <access token>" in reason


async def test_a_token_that_realtime_refuses_is_4403_and_the_reason(gateway):
    gateway.realtime.refusing = (401, "The access token has expired.")
    async with gateway.client() as client:
        await client.say("connection_init", payload=TOKEN)

        assert (4403, "Forbidden: The access token has expired.") == await client.closed()


async def test_without_a_token_there_are_queries_and_no_events(gateway):
    async with gateway.client() as client:
        await client.init({})
        await client.subscribe(query="{ __typename }")
        answers = [await client.hear(), await client.hear()]
        await client.subscribe(room=ROOM)
        refused = await client.hear()

    assert [
        {"id": "1", "type": "next", "payload": {"data": {"__typename": "RootQuery"}}},
        {"id": "1", "type": "complete"},
    ] == answers
    assert ("error", "UNAUTHENTICATED") == (refused["type"], refused["payload"][0]["extensions"]["code"])


async def test_a_token_that_ends_while_listening_is_told_and_then_4403(gateway):
    """Told on the subscription, with its code; so that a client knows to get a new token first."""
    async with gateway.listening() as (client, carried):
        await carried.close(4401, "the token expired; use RefreshToken, then connect again")
        told = [await client.hear(), await client.hear()]
        code, reason = await client.closed()

    assert ["next", "complete"] == [message["type"] for message in told]
    assert "UNAUTHENTICATED" == told[0]["payload"]["errors"][0]["extensions"]["code"]
    assert (4403, "Forbidden: The token expired; use RefreshToken, then connect again.") == (code, reason)


# What is run


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { a: roomEvents(roomId: 1) { type } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { roomEvents { type } }", "GRAPHQL_VALIDATION_FAILED"),
        (
            'subscription { a: roomEvents(roomId: "1") { type } b: roomEvents(roomId: "2") { type } }',
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("{ " + "a: __typename " * 600 + "}", "GRAPHQL_PARSE_FAILED"),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(30)) + "}", "GRAPHQL_VALIDATION_FAILED"),
        ("query a { __typename } query b { __typename }", "INVALID_ARGUMENT"),
        (LISTEN, "INVALID_ARGUMENT"),
        ('subscription { roomEvents(roomId: "x") { type } }', "INVALID_ARGUMENT"),
        (f'subscription {{ roomEvents(roomId: "{ROOM}", after: -1) {{ type }} }}', "INVALID_ARGUMENT"),
        ("query ($id: String!) { ReadProfile(id: $id) { id } }", "INVALID_ARGUMENT"),
    ],
)
async def test_what_cannot_begin_is_an_error_with_a_code(gateway, query, code):
    """Documents have the limits they have over HTTP. The connection stays."""
    async with gateway.client() as client:
        await client.init()
        await client.subscribe(query=query)
        refused = await client.hear()
        await client.say("ping")

        assert ("error", "1") == (refused["type"], refused["id"])
        assert code == refused["payload"][0]["extensions"]["code"]
        assert {"type": "pong"} == await client.hear()


async def test_no_more_operations_than_there_may_be(gateway):
    async with gateway.client() as client:
        await client.init()
        for number in range(OPERATIONS_MAX):
            await client.subscribe(str(number), room=f"0192f0c1-2b3c-7d4e-8f50-{number:012}")
        await client.subscribe("one more", room=ROOM)
        refused = await client.hear()

    assert ("error", "one more") == (refused["type"], refused["id"])
    assert "RESOURCE_EXHAUSTED" == refused["payload"][0]["extensions"]["code"]


async def test_over_http_a_subscription_is_told_where_to_go(gateway_with):
    async with gateway_with() as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.serving.port)
        body = json.dumps({"query": LISTEN, "variables": {"room": ROOM}}).encode()
        head = f"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        writer.write(head.encode() + b"connection: close\r\n\r\n" + body)
        async with asyncio.timeout(WAIT_S):
            answer = await reader.read()
        writer.close()

    assert b"graphql-transport-ws" in answer
    assert b"INVALID_ARGUMENT" in answer


def test_the_reasons_fit_into_a_close_frame():
    assert REASON_BYTES_MAX == 125 - 2
