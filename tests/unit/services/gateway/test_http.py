"""GraphQL over HTTP as a client meets it, in front of services that answer from hand-written replies over real gRPC."""

import asyncio
import io
import json
from contextlib import asynccontextmanager

import aiohttp
import grpc
import pytest
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from protos.veigo.authentication.v1 import authentication_pb2, authentication_pb2_grpc
from protos.veigo.chat.v1 import chat_pb2, chat_pb2_grpc
from services import rpc_status
from services.gateway.app import served
from services.gateway.endpoint import BODY_BYTES_MAX
from services.gateway.settings import Settings
from services.problems import Code, Problem

JSON = {"content-type": "application/json"}
SEND = "mutation ($room: String!, $text: String!) { CreateMessage(roomId: $room, content: $text) { id sequence } }"
SIGN_UP = """mutation { SignUpAndCreateProfile(name: "Bob" email: "bob@example.com" password: "Password@123"
  clientId: "123abc") { account { id } profile { name } token { access refresh } } }"""
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

LOGIN = {
    "account": authentication_pb2.Account(id="7", email="bob@example.com"),
    "token": authentication_pb2.TokenPair(access="new-access", refresh="new-refresh"),
}
PROFILE = chat_pb2.Profile(id="7", name="Bob")


class Services:
    """Both services at one address: replies by method name, and what was asked of each, in order."""

    def __init__(self):
        self.replies = {}
        self.asked = []

    @property
    def methods(self):
        return [method for method, _, _ in self.asked]

    def serve(self, server, servicer, add):
        """Let every method of a servicer answer from `replies`: a message, a Problem, or a list of them in turn."""
        methods = [name for name in vars(servicer) if not name.startswith("_")]
        answering = type(servicer.__name__, (servicer,), {name: self._method(name) for name in methods})
        add(answering(), server)

    def _method(self, name):
        async def answer(_, request, context):
            self.asked.append((name, request, dict(context.invocation_metadata())))
            reply = self.replies[name]
            if isinstance(reply, list):
                reply = reply.pop(0)
            if isinstance(reply, Problem):
                await rpc_status.abort(context, reply)
            return reply

        return answer


class Client:
    """Somebody who uses the gateway."""

    def __init__(self, http, address, services):
        self.http, self.address, self.services = http, address, services
        self.replies, self.asked = services.replies, services.asked

    async def run(self, query, variables=None, token="Bearer token", path="/graphql", **more):
        """Run an operation; returns the answer's body."""
        headers = {"authorization": token} if token else {}
        body = {"query": query, "variables": variables} | more
        async with self.http.post(self.address + path, json=body, headers=headers) as response:
            assert response.status == 200
            assert response.headers["content-type"] == "application/json"
            return await response.json()

    async def refused(self, query, variables=None, token="Bearer token"):
        """Run an operation that fails; returns the code and the field of its only error."""
        (error,) = (await self.run(query, variables, token))["errors"]
        assert error["message"]
        return error["extensions"]["code"], error["extensions"].get("field")

    async def send(self, method="POST", path="/graphql", **more):
        """Send anything; returns status, headers and the body."""
        async with self.http.request(method, self.address + path, **more) as response:
            return response.status, response.headers, await response.read()


@asynccontextmanager
async def services_running():
    services = Services()
    server = grpc.aio.server()
    services.serve(
        server,
        authentication_pb2_grpc.AuthenticationServiceServicer,
        authentication_pb2_grpc.add_AuthenticationServiceServicer_to_server,
    )
    for name in ("Profile", "Room", "MemberRoom", "Message"):
        servicer = getattr(chat_pb2_grpc, f"{name}ServiceServicer")
        services.serve(server, servicer, getattr(chat_pb2_grpc, f"add_{name}ServiceServicer_to_server"))
    services.health = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(services.health, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield services, f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


@pytest.fixture
async def client(serving):
    """Serve the gateway in front of Services; realtime is a socket that listens."""
    realtime = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with services_running() as (services, address), realtime:
        settings = Settings(
            authentication_address=address,
            chat_address=address,
            realtime_address=f"127.0.0.1:{realtime.sockets[0].getsockname()[1]}",
        )
        async with serving(served(settings)) as gateway, aiohttp.ClientSession() as http:
            yield Client(http, f"http://127.0.0.1:{gateway.port}", services)


# Operations


@pytest.mark.parametrize("path", ["/graphql", "/gql"])
async def test_a_message_is_sent_as_the_caller_within_the_callers_trace(client, path):
    client.replies["CreateMessage"] = chat_pb2.CreateMessageResponse(message=chat_pb2.Message(id="1", sequence=5))
    body = {"query": SEND, "variables": {"room": "2", "text": "שלום 👋"}}
    headers = {"authorization": "SuperDuperUser the-token", "traceparent": TRACEPARENT}
    status, _, answer = await client.send(path=path, json=body, headers=headers)
    ((_, request, metadata),) = client.asked

    assert (status, json.loads(answer)) == (200, {"data": {"CreateMessage": {"id": "1", "sequence": 5}}})
    assert request == chat_pb2.CreateMessageRequest(room_id="2", content="שלום 👋")
    assert (metadata["token"], metadata["traceparent"]) == ("the-token", TRACEPARENT)


async def test_signing_in_needs_no_token_and_sends_none(client):
    client.replies["SignIn"] = authentication_pb2.SignInResponse(**LOGIN)
    query = 'mutation { SignIn(email: "a", password: "b", clientId: "c") { account { id } token { access } } }'

    assert (await client.run(query, token=None))["data"]["SignIn"] == {
        "account": {"id": "7"},
        "token": {"access": "new-access"},
    }
    assert "token" not in client.asked[0][2]


async def test_a_valid_token_is_a_success(client):
    client.replies["ValidateAccessToken"] = authentication_pb2.ValidateAccessTokenResponse(account_id="7")
    query = 'mutation { ValidateAccessToken(token: "t") { success } }'

    assert await client.run(query, token=None) == {"data": {"ValidateAccessToken": {"success": True}}}


async def test_a_room_is_created_with_the_enums_of_the_contract(client):
    client.replies["CreateRoom"] = chat_pb2.CreateRoomResponse(
        information=chat_pb2.Room(id="1", type=chat_pb2.ROOM_TYPE_GROUP, privacy=chat_pb2.ROOM_PRIVACY_PUBLIC),
        members=[chat_pb2.MemberRoom(member_id="7", room_id="1")],
    )
    query = """mutation { CreateRoom(name: "Tea" type: group privacy: public members: ["8"]) {
      information { id type privacy } members { memberId } } }"""

    assert (await client.run(query))["data"]["CreateRoom"] == {
        "information": {"id": "1", "type": "group", "privacy": "public"},
        "members": [{"memberId": "7"}],
    }
    assert client.asked[0][1].members == ["8"]


async def test_lists_have_records_and_say_where_they_go_on(client):
    client.replies["ListMessages"] = chat_pb2.ListMessagesResponse(
        records=[chat_pb2.Message(id="1")], metadata=chat_pb2.PageInfo(cursor="next", has_more=True)
    )
    query = """{ ListMessages(roomId: "2", page: {cursor: "c", size: 1}) {
      records { id } metadata { cursor hasMore } } }"""

    assert (await client.run(query))["data"]["ListMessages"] == {
        "records": [{"id": "1"}],
        "metadata": {"cursor": "next", "hasMore": True},
    }
    assert client.asked[0][1].page == chat_pb2.PageRequest(cursor="c", size=1)


async def test_queries_may_be_sent_by_get(client):
    client.replies["ReadProfile"] = chat_pb2.ReadProfileResponse(profile=PROFILE)
    params = {"query": "query ($id: String!) { ReadProfile(id: $id) { name } }", "variables": '{"id": "7"}'}
    status, _, answer = await client.send("GET", params=params, headers={"authorization": "Bearer t"})

    assert (status, json.loads(answer)) == (200, {"data": {"ReadProfile": {"name": "Bob"}}})


# Signing up with a profile


async def test_signing_up_checks_the_profile_then_makes_the_account_then_the_profile(client):
    client.replies |= {
        "CreateProfile": [chat_pb2.CreateProfileResponse(), chat_pb2.CreateProfileResponse(profile=PROFILE)],
        "SignUp": authentication_pb2.SignUpResponse(**LOGIN),
    }
    answer = await client.run(SIGN_UP, token=None)

    assert answer["data"]["SignUpAndCreateProfile"] == {
        "account": {"id": "7"},
        "profile": {"name": "Bob"},
        "token": {"access": "new-access", "refresh": "new-refresh"},
    }
    assert client.services.methods == ["CreateProfile", "SignUp", "CreateProfile"]
    check, _, create = client.asked
    assert (check[1].validate_only, "token" in check[2]) == (True, False)
    assert (create[1].validate_only, create[2]["token"]) == (False, "new-access")


async def test_a_profile_that_is_refused_leaves_no_account_behind(client):
    client.replies["CreateProfile"] = Problem(Code.INVALID_ARGUMENT, "Too long.", "name")

    assert await client.refused(SIGN_UP, token=None) == ("INVALID_ARGUMENT", "name")
    assert client.services.methods == ["CreateProfile"]


async def test_signing_up_again_goes_on_where_it_ended(client):
    """The account was made and the answer lost: the same call signs in and creates the profile."""
    client.replies |= {
        "CreateProfile": [chat_pb2.CreateProfileResponse(), chat_pb2.CreateProfileResponse(profile=PROFILE)],
        "SignUp": Problem(Code.ALREADY_EXISTS, "Taken.", "email"),
        "SignIn": authentication_pb2.SignInResponse(**LOGIN),
    }
    answer = await client.run(SIGN_UP, token=None)

    assert answer["data"]["SignUpAndCreateProfile"]["profile"] == {"name": "Bob"}
    assert client.services.methods == ["CreateProfile", "SignUp", "SignIn", "CreateProfile"]


async def test_signing_up_again_when_all_was_done_returns_what_is_there(client):
    client.replies |= {
        "CreateProfile": [chat_pb2.CreateProfileResponse(), Problem(Code.ALREADY_EXISTS, "Taken.")],
        "SignUp": Problem(Code.ALREADY_EXISTS, "Taken.", "email"),
        "SignIn": authentication_pb2.SignInResponse(**LOGIN),
        "ReadProfile": chat_pb2.ReadProfileResponse(profile=PROFILE),
    }
    answer = await client.run(SIGN_UP, token=None)

    assert answer["data"]["SignUpAndCreateProfile"]["profile"] == {"name": "Bob"}
    assert client.asked[-1][1].id == "7"


@pytest.mark.parametrize("code", [Code.UNAUTHENTICATED, Code.INVALID_ARGUMENT])
async def test_signing_up_with_an_address_of_somebody_else_says_that_it_is_taken(client, code):
    """And nothing about whether the password was right."""
    client.replies |= {
        "CreateProfile": chat_pb2.CreateProfileResponse(),
        "SignUp": Problem(Code.ALREADY_EXISTS, "Taken.", "email"),
        "SignIn": Problem(code, "Wrong."),
    }

    assert await client.refused(SIGN_UP, token=None) == ("ALREADY_EXISTS", "email")


async def test_an_outage_between_the_steps_is_no_reason_to_say_taken(client):
    client.replies |= {
        "CreateProfile": chat_pb2.CreateProfileResponse(),
        "SignUp": Problem(Code.ALREADY_EXISTS, "Taken.", "email"),
        "SignIn": Problem(Code.UNAVAILABLE, "Later."),
    }

    assert await client.refused(SIGN_UP, token=None) == ("UNAVAILABLE", None)


# Refusals


@pytest.mark.parametrize("token", [None, "token-without-scheme", "Basic abc", "Bearer "])
async def test_without_a_token_nobody_is_asked(client, token):
    assert await client.refused(SEND, {"room": "1", "text": "x"}, token) == ("UNAUTHENTICATED", None)
    assert client.asked == []


@pytest.mark.parametrize("code", [code for code in Code if code is not Code.INTERNAL])
async def test_what_a_service_refuses_reaches_the_client_as_it_was_worded(client, code):
    client.replies["CreateMessage"] = Problem(code, "Do this instead.", "content")
    answer = await client.run(SEND, {"room": "1", "text": "x"})

    assert answer["data"] == {"CreateMessage": None}
    assert answer["errors"][0]["message"] == "Do this instead."
    assert answer["errors"][0]["extensions"] == {"code": code.value, "field": "content"}
    assert answer["errors"][0]["path"] == ["CreateMessage"]


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
async def test_what_is_no_text_is_an_invalid_argument(client, value):
    assert await client.refused(SEND, {"room": "1", "text": value}) == ("INVALID_ARGUMENT", "content")
    assert client.asked == []


@pytest.mark.parametrize("variables", [{}, {"room": 1, "text": "x"}, {"room": None, "text": "x"}, {"room": ["\ud800"]}])
async def test_variables_that_do_not_fit_are_an_invalid_argument(client, variables):
    assert "INVALID_ARGUMENT" in [
        error["extensions"]["code"] for error in (await client.run(SEND, variables))["errors"]
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [("{", "GRAPHQL_PARSE_FAILED"), ("{ a }", "GRAPHQL_VALIDATION_FAILED"), ("{a" * 200, "GRAPHQL_PARSE_FAILED")],
)
async def test_a_document_that_cannot_run_says_why_and_where(client, query, code):
    body = await client.run(query)

    assert "data" not in body
    assert [error["extensions"]["code"] for error in body["errors"]] == [code]
    assert body["errors"][0]["locations"]


async def test_the_operation_must_be_one_of_the_document(client):
    body = await client.run("query A { __typename } query B { __typename }", operationName="C")

    assert body["errors"][0]["extensions"] == {"code": "INVALID_ARGUMENT", "field": "operationName"}


async def test_one_field_that_fails_does_not_take_the_others_with_it(client):
    client.replies |= {
        "ReadProfile": chat_pb2.ReadProfileResponse(profile=PROFILE),
        "ListMessages": Problem(Code.FORBIDDEN, "Join first."),
    }
    body = await client.run('{ ReadProfile(id: "7") { name } ListMessages(roomId: "1") { records { id } } }')

    assert body["data"] == {"ReadProfile": {"name": "Bob"}, "ListMessages": None}
    assert [error["path"] for error in body["errors"]] == [["ListMessages"]]


async def test_clients_that_know_the_media_type_see_it_in_the_status(client):
    accept = {"accept": "application/graphql-response+json"}
    bad, headers, _ = await client.send(json={"query": "{ a }"}, headers=accept)
    good, _, _ = await client.send(json={"query": "{ __typename }"}, headers=accept)

    assert (bad, good) == (400, 200)
    assert headers["content-type"] == "application/graphql-response+json"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"data": b"{", "headers": JSON}, 400),
        ({"data": b"\xff\xfe{}", "headers": JSON}, 400),
        ({"data": b"[" * 100_000, "headers": JSON}, 400),
        ({"data": b"[]", "headers": JSON}, 400),
        ({"data": b"1", "headers": JSON}, 400),
        ({"data": b"{}", "headers": JSON}, 400),
        ({"data": b'{"query": 1}', "headers": JSON}, 400),
        ({"data": b'{"query": "{a}", "variables": []}', "headers": JSON}, 400),
        ({"data": b'{"query": "{a}", "operationName": 1}', "headers": JSON}, 400),
        ({"data": b"{}"}, 415),
        ({"data": b"query={a}", "headers": {"content-type": "application/x-www-form-urlencoded"}}, 415),
        ({"method": "GET"}, 400),
        ({"method": "GET", "params": {"query": "{a}", "variables": "{"}}, 400),
        ({"method": "GET", "params": {"query": 'mutation { RefreshToken(token: "t") { access } }'}}, 405),
        ({"method": "DELETE"}, 405),
        ({"method": "GET", "path": "/nowhere"}, 404),
    ],
)
async def test_what_is_no_request_gets_the_status_that_fits_and_a_sentence(client, sent, status):
    got, headers, body = await client.send(**sent)
    (error,) = json.loads(body)["errors"]

    assert (got, headers["content-type"]) == (status, "application/json")
    assert error["message"]
    assert error["extensions"]["code"] in set(Code)
    assert client.asked == []


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(client, announced):
    async def chunks():
        for _ in range(BODY_BYTES_MAX // 65_536 + 1):
            yield b" " * 65_536

    data = io.BytesIO(b" " * (BODY_BYTES_MAX + 1)) if announced else chunks()
    status, _, body = await client.send(data=data, headers=JSON)

    assert status == 413
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "RESOURCE_EXHAUSTED"


async def test_a_body_of_exactly_the_limit_is_read(client):
    body = b'{"query": "{ __typename }"}'
    status, _, _ = await client.send(data=body + b" " * (BODY_BYTES_MAX - len(body)), headers=JSON)

    assert status == 200


async def test_a_client_that_leaves_before_its_body_ends_is_no_failure_of_ours(client, until):
    with structlog.testing.capture_logs() as lines:
        _, writer = await asyncio.open_connection("127.0.0.1", int(client.address.rpartition(":")[2]))
        writer.write(
            b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"
        )
        await writer.drain()
        writer.close()
        await until(lambda: lines)

    assert [line["log_level"] for line in lines] == ["info"]


# Everything else


async def test_browsers_may_call_from_anywhere(client):
    preflight = {
        "origin": "http://page",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    status, headers, _ = await client.send("OPTIONS", headers=preflight)
    _, answered, _ = await client.send(json={"query": "{ __typename }"}, headers={"origin": "http://page"})

    assert (status, headers["access-control-allow-origin"]) == (200, "*")
    assert "authorization" in headers["access-control-allow-headers"]
    assert answered["access-control-allow-origin"] == "*"


async def test_healthy_means_that_everything_it_needs_answers(client):
    await client.services.health.set("", health_pb2.HealthCheckResponse.SERVING)
    status, _, body = await client.send("GET", "/healthz")

    assert (status, json.loads(body)) == (200, {"ready": True, "unready": {}, "away": {}})


async def test_unhealthy_names_who_does_not(client):
    await client.services.health.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    status, _, body = await client.send("GET", "/healthz")

    assert status == 503
    assert json.loads(body)["unready"] == {
        "authentication": "it says NOT_SERVING",
        "chat": "it says NOT_SERVING",
    }


async def test_healthy_with_one_realtime_of_several_says_who_is_away(serving, unused_tcp_port):
    realtime = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    here, gone = f"127.0.0.1:{realtime.sockets[0].getsockname()[1]}", f"127.0.0.1:{unused_tcp_port}"
    async with services_running() as (services, address), realtime:
        await services.health.set("", health_pb2.HealthCheckResponse.SERVING)
        settings = Settings(authentication_address=address, chat_address=address, realtime_address=f"{gone},{here}")
        async with serving(served(settings)) as gateway, aiohttp.ClientSession() as http:
            client = Client(http, f"http://127.0.0.1:{gateway.port}", services)
            status, _, body = await client.send("GET", "/healthz")

    page = json.loads(body)
    assert (200, True, {}) == (status, page["ready"], page["unready"])
    assert [gone] == list(page["away"])


async def test_nobody_there_is_unavailable_and_unhealthy(serving, unused_tcp_port_factory):
    """Neither an address nor an errno reaches the client."""
    chat, authentication, realtime = (f"127.0.0.1:{unused_tcp_port_factory()}" for _ in range(3))
    settings = Settings(chat_address=chat, authentication_address=authentication, realtime_address=realtime)
    async with serving(served(settings)) as gateway, aiohttp.ClientSession() as http:
        client = Client(http, f"http://127.0.0.1:{gateway.port}", Services())
        status, _, body = await client.send("GET", "/healthz")

        assert await client.refused(SEND, {"room": "1", "text": "x"}) == ("UNAVAILABLE", None)
        assert "127.0.0.1" not in json.dumps(await client.run(SEND, {"room": "1", "text": "x"}))
        assert (status, set(json.loads(body)["unready"])) == (503, {"authentication", "chat", "realtime"})


async def test_without_assets_the_playground_says_so(client):
    status, _, body = await client.send("GET", "/playground")

    assert status == 503
    assert b"PLAYGROUND_ASSETS_DIR" in body
