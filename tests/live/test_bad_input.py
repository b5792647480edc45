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
ROOMS = "query ($id: String!, $p: PaginationRequest) { ListRooms(id: $id, page: $p) { records { id } } }"
MEMBERS = (
    "query ($r: String!, $p: PaginationRequest) { ListRoomMembers(roomId: $r, page: $p) { records { memberId } } }"
)
DEVICES = "query ($p: PaginationRequest) { ListDevices(page: $p) { records { clientId } } }"
INBOX = "query ($p: PaginationRequest) { Inbox(page: $p) { records { id } } }"
EDIT = (
    "mutation ($r: String!, $m: String!, $c: String) { UpdateMessage(roomId: $r, messageId: $m, content: $c) { id } }"
)
DELETE = "mutation ($r: String!, $m: String!) { DeleteMessage(roomId: $r, messageId: $m) { id } }"
LEAVE = "mutation ($r: String!) { DeleteUserRoom(roomId: $r) { memberId } }"
REMOVE = "mutation ($r: String!, $m: String!) { RemoveMemberFromRoom(roomId: $r, memberId: $m) { memberId } }"
CHANGE_ROOM = "mutation ($r: String!, $n: String, $p: privacy) { UpdateRoom(id: $r, name: $n, privacy: $p) { id } }"
CLEAR_NAME = "mutation ($r: String!) { UpdateRoom(id: $r, name: null) { id } }"
CLEAR_PRIVACY = "mutation ($r: String!) { UpdateRoom(id: $r, privacy: null) { id } }"
CHANGE_PROFILE = "mutation ($id: String!, $n: String) { UpdateProfile(id: $id, name: $n) { id } }"
DELETE_PROFILE = "mutation ($id: String!) { DeleteProfile(id: $id) { id } }"
DELETE_ACCOUNT = "mutation ($id: String!) { DeleteAccount(id: $id) { id } }"
ACKNOWLEDGE = "mutation ($r: String!, $s: Int!) { AcknowledgeMessages(roomId: $r, sequence: $s) { sequence } }"
SIGN_OUT = "mutation ($c: String, $e: Boolean) { SignOut(clientId: $c, everywhere: $e) { success } }"
PASSWORD = "mutation ($o: String!, $n: String!) { ChangePassword(oldPassword: $o, newPassword: $n) { success } }"
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
    "a forged cursor of rooms": Bad(ROOMS, {"id": "$me", "p": {"cursor": "AAAA"}}, names="cursor"),
    "a forged cursor of members": Bad(MEMBERS, {"r": "$own", "p": {"cursor": "AAAA"}}, names="cursor"),
    "a forged cursor of devices": Bad(DEVICES, {"p": {"cursor": "AAAA"}}, names="cursor"),
    "a forged cursor of the inbox": Bad(INBOX, {"p": {"cursor": "AAAA"}}, names="cursor"),
    "another's rooms": Bad(ROOMS, {"id": NOBODY}, "FORBIDDEN", "id"),
    "another list's cursor": Bad(LIST, {"r": "$own", "p": {"cursor": "cm9vbXMKMQ"}}, names="cursor"),
    "a message of a megabyte": Bad(SEND, {"r": "$own", "c": "x" * 1_000_000}, names="content"),
    "editing another's message": Bad(EDIT, {"r": "$shared", "m": "$anns", "c": "x"}, "FORBIDDEN"),
    "editing it into nothing": Bad(EDIT, {"r": "$own", "m": "$said", "c": " "}, names="content"),
    "editing without content": Bad(EDIT, {"r": "$own", "m": "$said"}, names="content"),
    "editing what is not there": Bad(EDIT, {"r": "$own", "m": NOBODY, "c": "x"}, "NOT_FOUND", "messageId"),
    "editing in the wrong room": Bad(EDIT, {"r": "$shared", "m": "$said", "c": "x"}, "NOT_FOUND", "messageId"),
    "deleting another's message": Bad(DELETE, {"r": "$shared", "m": "$anns"}, "FORBIDDEN"),
    "deleting a deleted message": Bad(DELETE, {"r": "$own", "m": "$deleted"}, "NOT_FOUND", "messageId"),
    "editing a deleted message": Bad(EDIT, {"r": "$own", "m": "$deleted", "c": "x"}, "NOT_FOUND", "messageId"),
    "leaving twice": Bad(LEAVE, {"r": "$left"}, "NOT_FOUND", "roomId"),
    "leaving a foreign room": Bad(LEAVE, {"r": "$foreign"}, "NOT_FOUND", "roomId"),
    "leaving a direct room": Bad(LEAVE, {"r": "$direct"}, names="roomId"),
    "leaving no room": Bad(LEAVE, {"r": NOBODY}, "NOT_FOUND", "roomId"),
    "adding to a direct room": Bad(ADD, {"r": "$direct", "m": ["$me"]}, names="roomId"),
    "a direct room with oneself": Bad(CREATE, {"n": "x", "t": "direct", "m": ["$me"]}, names="members"),
    "a public direct room": Bad(CREATE, {"n": "x", "t": "direct", "p": "public", "m": [NOBODY]}, names="privacy"),
    "making a direct room public": Bad(CHANGE_ROOM, {"r": "$direct", "p": "public"}, names="privacy"),
    "removing a stranger": Bad(REMOVE, {"r": "$own", "m": NOBODY}, "NOT_FOUND", "memberId"),
    "removing from a foreign room": Bad(REMOVE, {"r": "$foreign", "m": "$ann"}, "FORBIDDEN"),
    "a room without a name again": Bad(CHANGE_ROOM, {"r": "$own", "n": ""}, names="name"),
    "clearing a room's name": Bad(CLEAR_NAME, {"r": "$own"}, names="name"),
    "clearing a room's privacy": Bad(CLEAR_PRIVACY, {"r": "$own"}, names="privacy"),
    "changing a foreign room": Bad(CHANGE_ROOM, {"r": "$foreign", "n": "x"}, "FORBIDDEN"),
    "changing another's profile": Bad(CHANGE_PROFILE, {"id": "$ann", "n": "x"}, "FORBIDDEN", "id"),
    "deleting another's profile": Bad(DELETE_PROFILE, {"id": "$ann"}, "FORBIDDEN", "id"),
    "deleting another's account": Bad(DELETE_ACCOUNT, {"id": "$ann"}, "FORBIDDEN", "id"),
    "reading beyond the end": Bad(ACKNOWLEDGE, {"r": "$own", "s": 2_000_000}, names="sequence"),
    "reading below the beginning": Bad(ACKNOWLEDGE, {"r": "$own", "s": -1}, names="sequence"),
    "reading a foreign room's end": Bad(ACKNOWLEDGE, {"r": "$foreign", "s": 1}, "FORBIDDEN"),
    "signing out a device there is not": Bad(SIGN_OUT, {"c": "toaster"}, "NOT_FOUND", "clientId"),
    "signing out one and all": Bad(SIGN_OUT, {"c": "laptop", "e": True}, names="everywhere"),
    "the wrong old password": Bad(PASSWORD, {"o": "Wrong@1234", "n": "Another@456"}, "FORBIDDEN", "oldPassword"),
    "a weak new password": Bad(PASSWORD, {"o": "Password@123", "n": "password"}, names="newPassword"),
    "the same password": Bad(PASSWORD, {"o": "Password@123", "n": "Password@123"}, names="newPassword"),
    "a missing argument": Bad('mutation { SignIn(email: "a") { token { access } } }', code="GRAPHQL_VALIDATION_FAILED"),
    "an unknown operation": Bad("mutation { Launch { id } }", code="GRAPHQL_VALIDATION_FAILED"),
    "no GraphQL at all": Bad("hello", code="GRAPHQL_PARSE_FAILED"),
}  # fmt: skip


@pytest.fixture(scope="module")
async def world(stack, http):
    """Bob with a room of his own, and a room of Ann's that he is not in."""
    bob, ann = [await Person(stack, http).sign_up(name) for name in ("Bob", "Ann")]
    own, foreign, shared, left = [
        await who.create_room(*others) for who, *others in ((bob,), (ann,), (ann, bob), (bob,))
    ]
    said, gone = [(await bob.send(own, "x"))["id"] for _ in range(2)]
    await bob.get(DELETE, r=own, m=gone)
    await bob.get(LEAVE, r=left)
    direct = (await bob.get(CREATE, n="Us", t="direct", m=[ann.id]))["CreateRoom"]["information"]["id"]
    words = {"$own": own, "$foreign": foreign, "$shared": shared, "$left": left, "$direct": direct, "$me": bob.id}
    words |= {"$said": said, "$deleted": gone, "$anns": (await ann.send(shared, "mine"))["id"], "$ann": ann.id}
    return bob, words | {"$email": bob.email}


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
    "an `after` that is no number": (
        '{"type":"JOIN_ROOM","payload":[{"name":"$own","after":"7"}]}',
        "INVALID_ARGUMENT",
    ),
    "an `after` below zero": ('{"type":"JOIN_ROOM","payload":[{"name":"$own","after":-1}]}', "INVALID_ARGUMENT"),
    "an `after` beyond the end": (
        '{"type":"JOIN_ROOM","payload":[{"name":"$own","after":999999}]}',
        "INVALID_ARGUMENT",
    ),
    "resuming a foreign room": ('{"type":"JOIN_ROOM","payload":[{"name":"$foreign","after":1}]}', "FORBIDDEN"),
    "binary": (b"\x00\x01", "INVALID_ARGUMENT"),
    "an unknown room": (json.dumps({"type": "JOIN_ROOM", "payload": [{"name": NOBODY}]}), "NOT_FOUND"),
    "a foreign room": ('{"type": "JOIN_ROOM", "payload": [{"name": "$foreign"}]}', "FORBIDDEN"),
}  # fmt: skip


@pytest.mark.parametrize("case", FRAMES)
async def test_the_socket_answers_an_error_frame_and_goes_on(case, world):
    """After the ERROR the same socket joins a room and gets its messages."""
    bob, words = world
    frame, code = FRAMES[case]
    if isinstance(frame, str):
        frame = frame.replace("$foreign", words["$foreign"]).replace("$own", words["$own"])
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
