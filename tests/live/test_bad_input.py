"""Bad input gets a code and a sentence that says what to change, at both doors; and it never breaks anything."""

import io
import json
import uuid
from dataclasses import dataclass, field

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from live.frames import join, receive
from live.people import Person

NOBODY = str(uuid.uuid4())
SEND = (
    "mutation ($r: String!, $c: String!, $m: String) { CreateMessage(roomId: $r, content: $c, messageId: $m) { id } }"
)
LIST = "query ($r: String!, $p: PaginationRequest) { ListMessages(roomId: $r, page: $p) { records { id } } }"
ADD = "mutation ($r: String!, $m: [String]!) { AddMembersToRoom(roomId: $r, membersId: $m) { memberId } }"
CREATE = """mutation ($n: String!, $t: type!, $p: privacy, $m: [String])
    { CreateRoom(name: $n, type: $t, privacy: $p, members: $m) { information { id } } }"""
PROFILE = "query ($id: String!) { ReadProfile(id: $id) { name } }"
SIGN_UP = """mutation ($e: String!, $p: String!, $c: String!)
    { SignUp(email: $e, password: $p, clientId: $c) { account { id } } }"""


@dataclass(frozen=True)
class Bad:
    """A request, the code it must get, and the argument it must name."""

    query: str
    variables: dict = field(default_factory=dict)
    code: str = "INVALID_ARGUMENT"
    names: str | None = None
    token: str = "own"


GRAPHQL = {
    "no token": Bad(PROFILE, {"id": NOBODY}, "UNAUTHENTICATED", token=""),
    "a token of words": Bad(PROFILE, {"id": NOBODY}, "UNAUTHENTICATED", token="words"),
    "an unknown profile": Bad(PROFILE, {"id": NOBODY}, "NOT_FOUND", "id"),
    "an unknown room": Bad(SEND, {"r": NOBODY, "c": "hi"}, "NOT_FOUND", "roomId"),
    "a room id of words": Bad(SEND, {"r": "general", "c": "hi"}, names="roomId"),
    "empty content": Bad(SEND, {"r": "$own", "c": ""}, names="content"),
    "content with U+0000": Bad(SEND, {"r": "$own", "c": "a\0b"}, names="content"),
    "content too long": Bad(SEND, {"r": "$own", "c": "x" * 4001}, names="content"),
    "a message id of words": Bad(SEND, {"r": "$own", "c": "x", "m": "1"}, names="messageId"),
    "a foreign room": Bad(SEND, {"r": "$foreign", "c": "hi"}, "FORBIDDEN"),
    "reading a foreign room": Bad(LIST, {"r": "$foreign"}, "FORBIDDEN"),
    "adding to a foreign room": Bad(ADD, {"r": "$foreign", "m": ["$me"]}, "FORBIDDEN"),
    "adding somebody unknown": Bad(ADD, {"r": "$own", "m": [NOBODY]}, names="members"),
    "adding nobody": Bad(ADD, {"r": "$own", "m": []}, names="membersId"),
    "a forged cursor": Bad(LIST, {"r": "$own", "p": {"cursor": "AAAA"}}, names="cursor"),
    "a page too large": Bad(LIST, {"r": "$own", "p": {"size": 101}}, names="size"),
    "a page of more than an integer": Bad(LIST, {"r": "$own", "p": {"size": 2**40}}),
    "a room without a name": Bad(CREATE, {"n": " ", "t": "group"}, names="name"),
    "a room of an unknown type": Bad(CREATE, {"n": "x", "t": "broadcast"}),
    "a direct room of three": Bad(CREATE, {"n": "x", "t": "direct", "m": [NOBODY, str(uuid.uuid4())]}, names="members"),
    "an e-mail that is none": Bad(SIGN_UP, {"e": "bob", "p": "Password@123", "c": "1"}, names="email", token=""),
    "a weak password": Bad(SIGN_UP, {"e": "a@example.com", "p": "password", "c": "1"}, names="password", token=""),
    "no device name": Bad(SIGN_UP, {"e": "a@example.com", "p": "Password@123", "c": ""}, names="clientId", token=""),
    "a taken e-mail": Bad(SIGN_UP, {"e": "$email", "p": "Password@123", "c": "1"}, "ALREADY_EXISTS", token=""),
    "a missing argument": Bad('mutation { SignIn(email: "a") { token { access } } }', code="GRAPHQL_VALIDATION_FAILED"),
    "an unknown operation": Bad("mutation { Launch { id } }", code="GRAPHQL_VALIDATION_FAILED"),
    "no GraphQL at all": Bad("hello", code="GRAPHQL_PARSE_FAILED"),
}  # fmt: skip


@pytest.fixture(scope="module")
async def world(stack, http):
    """Bob with a room of his own, and a room of Ann's that he is not in."""
    bob, ann = [await Person(stack, http).sign_up(name) for name in ("Bob", "Ann")]
    own, foreign = await bob.create_room(), await ann.create_room()
    return bob, {"$own": own, "$foreign": foreign, "$me": bob.id, "$email": bob.email}


def filled(value, words):
    """Put the world's ids into a case's variables."""
    if isinstance(value, dict):
        return {name: filled(inner, words) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, words) for inner in value]
    return words.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("case", GRAPHQL)
async def test_graphql_refuses_with_a_code_and_a_sentence(case, world):
    """One table: what is sent, which code comes back, which argument is named."""
    bob, words = world
    bad = GRAPHQL[case]
    answer = await bob.ask(bad.query, token=bad.token, **filled(bad.variables, words))
    error = answer["errors"][0]

    assert bad.code == error["extensions"]["code"], error
    assert bad.names in (None, error["extensions"].get("field")), error
    assert len(error["message"]) > 15
    assert "Traceback" not in json.dumps(answer)


FRAMES = {
    "not JSON": ("hello", "INVALID_ARGUMENT"),
    "JSON of the wrong shape": ("[1]", "INVALID_ARGUMENT"),
    "a payload that is no list": ('{"type": "JOIN_ROOM", "payload": {}}', "INVALID_ARGUMENT"),
    "an empty payload": ('{"type": "JOIN_ROOM", "payload": []}', "INVALID_ARGUMENT"),
    "an unknown type": ('{"type": "DANCE", "payload": [{}]}', "INVALID_ARGUMENT"),
    "a name that is no text": ('{"type": "JOIN_ROOM", "payload": [{"name": 5}]}', "INVALID_ARGUMENT"),
    "a lone surrogate": ('{"type": "JOIN_ROOM", "payload": [{"name": "\\ud800"}]}', "INVALID_ARGUMENT"),
    "binary": (b"\x00\x01", "INVALID_ARGUMENT"),
    "an unknown room": (json.dumps({"type": "JOIN_ROOM", "payload": [{"name": NOBODY}]}), "NOT_FOUND"),
    "a foreign room": ('{"type": "JOIN_ROOM", "payload": [{"name": "$foreign"}]}', "FORBIDDEN"),
}


@pytest.mark.parametrize("case", FRAMES)
async def test_the_socket_answers_an_error_frame_and_goes_on(case, world):
    """After the ERROR the same socket joins a room and gets its messages."""
    bob, words = world
    frame, code = FRAMES[case]
    if isinstance(frame, str):
        frame = frame.replace("$foreign", words["$foreign"])
    async with bob.socket() as socket:
        await socket.send(frame)
        error = await receive(socket, "ERROR")
        await join(socket, words["$own"])

    assert code == error["code"], error
    assert error["reason"]


async def test_binary_and_foreign_rooms_are_refused_in_the_originals_words(world):
    """Clients of the original match on these sentences."""
    bob, words = world
    async with bob.socket() as socket:
        await socket.send(b"\x00")
        binary = await receive(socket, "ERROR")
        await socket.send(json.dumps({"type": "JOIN_ROOM", "payload": [{"name": words["$foreign"]}]}))
        foreign = await receive(socket, "ERROR")

    assert "Binary messages are not supported" == binary["reason"]
    assert f"Unauthorized to join {words['$foreign']}" == foreign["reason"]


async def test_an_over_long_frame_closes_with_1009(world):
    """More than 64 KiB is no chat frame."""
    bob, _ = world
    async with bob.socket() as socket:
        await socket.send("x" * (64 * 1024 + 1))
        with pytest.raises(ConnectionClosed):
            await receive(socket, "ERROR")

    assert 1009 == socket.close_code


@pytest.mark.parametrize("token", ["", "words", "a.b.c"])
async def test_a_bad_token_is_refused_before_the_upgrade(token, stack):
    """HTTP 401 with the reason in a header, as in the original."""
    with pytest.raises(InvalidStatus) as refused:
        async with connect(stack.socket_url(token), proxy=None):
            pass

    assert 401 == refused.value.response.status_code
    assert refused.value.response.headers["X-WebSocket-Reject-Reason"]


@pytest.mark.parametrize(
    ("body", "status"), [(b"not json", 400), (b"[]", 400), (b'{"query": 5}', 400), (b"x" * (1024 * 1024 + 1), 413)]
)
async def test_a_body_that_is_no_request_gets_a_worded_answer(body, status, stack, http):
    """In JSON, with a code, as every other refusal."""
    headers = {"Content-Type": "application/json"}
    async with http.post(f"{stack.http}/graphql", data=io.BytesIO(body), headers=headers) as response:
        answer = await response.json()

    assert status == response.status
    assert answer["errors"][0]["extensions"]["code"]
