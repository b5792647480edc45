"""Every type of frame, in both directions, through the gateway: each is what the AsyncAPI document says."""

import asyncio
import json
import uuid
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from services.realtime import frame_contract
from veigo.contracts import json_reply
from veigo.contracts.cases import differences, loaded
from veigo.contracts.cast import MEMBERS, MESSAGES, ROOMS, told
from veigo.contracts.contracts import frames_of

FRAMES = frames_of(frame_contract.document())
CASES = loaded(Path(__file__).with_name("cases.json"))
HEARD_FRAMES = []
WITHIN_S = 10
SENT, HEARD, FIELD, CODE = "frame to the server", "frame to clients", "frame field", "ERROR frame code"


@pytest.fixture(scope="module", autouse=True)
def promised(coverage):
    """Note what the document promises."""
    for name, frame in FRAMES.items():
        coverage.promise(SENT if frame.sent_by == "client" else HEARD, [name])
        coverage.promise(FIELD, json_reply.fields_of(frame.payload, name))
    coverage.promise(CODE, FRAMES["ERROR"].payload["properties"]["code"]["enum"])


class Socket:
    """A client whose every frame is held against the document."""

    def __init__(self, connection, coverage):
        self.connection = connection
        self.coverage = coverage

    def note(self, sender, frame):
        contract = FRAMES[frame["type"]]
        HEARD_FRAMES.append(frame)
        assert sender == contract.sent_by
        json_reply.checked(contract.schema, frame, frame["type"])
        self.coverage.saw(SENT if sender == "client" else HEARD, frame["type"])
        for field in json_reply.checked(contract.payload, frame["payload"][0], frame["type"]):
            self.coverage.saw(FIELD, field)
        if frame["type"] == "ERROR":
            self.coverage.saw(CODE, frame["payload"][0]["code"])

    async def say(self, kind, **payload):
        frame = {"type": kind, "payload": [payload]}
        self.note("client", frame)
        await self.connection.send(json.dumps(frame))

    async def hear(self, *kinds):
        """Return the payloads of the next frames, which must be of these types."""
        heard = []
        async with asyncio.timeout(WITHIN_S):
            for _ in kinds:
                heard.append(json.loads(await self.connection.recv()))
                self.note("server", heard[-1])
        assert list(kinds) == [frame["type"] for frame in heard]
        return [frame["payload"][0] for frame in heard]


@pytest.fixture
async def socket(stack, cast, coverage):
    """Bob's socket."""
    async with connect(stack.socket_url(cast.tokens["bob"]), compression=None, proxy=None) as connection:
        yield Socket(connection, coverage)


async def test_all_that_happens_in_a_room(socket, rpc, cast, time_machine):
    bob, room = (
        cast.tokens["bob"],
        await cast.room("ann", privacy="ROOM_PRIVACY_PUBLIC", description="d", photoPath="/p"),
    )
    await socket.say("JOIN_ROOM", name=room, after=0)
    await socket.hear("JOINED", "ROOM_CREATED", "MEMBER_ADDED", "MEMBER_ADDED")
    message = {"roomId": room, "messageId": await cast.message("bob", room)}
    await told(rpc, f"{MESSAGES}/UpdateMessage", message | {"content": "Hullo"}, bob)
    await told(rpc, f"{MESSAGES}/DeleteMessage", message, bob)
    change = {"id": room, "name": "Den", "description": "d", "photoPath": "/d", "privacy": "ROOM_PRIVACY_PRIVATE"}
    mask = {"updateMask": "name,description,photoPath,privacy"}
    await told(rpc, f"{ROOMS}/UpdateRoom", change | mask, bob)
    await told(rpc, f"{MEMBERS}/RemoveMember", {"roomId": room, "memberId": cast.bound["ann"]}, bob)
    await time_machine.write_event(room, "contract.later", {"colour": "green"})
    heard = await socket.hear(
        *("MESSAGE", "MESSAGE_EDITED", "MESSAGE_DELETED", "ROOM_UPDATED", "MEMBER_REMOVED", "ROOM_EVENT")
    )
    await told(rpc, f"{MEMBERS}/Leave", {"roomId": room}, bob)
    *_, left = await socket.hear("MEMBER_REMOVED", "LEFT")

    assert list(range(4, 10)) == [payload["sequence"] for payload in heard]
    assert "contract.later" == heard[-1]["eventType"]
    assert 10 == left["sequence"]


async def test_what_is_no_longer_kept_is_a_reset(socket, rpc, cast, time_machine):
    """In the log that a service reads as well as on the socket."""
    room = await cast.room()
    for _ in range(3):
        await cast.message("bob", room)
    await time_machine.forget(room, 3)
    await socket.say("JOIN_ROOM", name=room, after=1)
    reset, joined = await socket.hear("RESET", "JOINED")
    await socket.say("LEAVE_ROOM", name=room, after=5)
    await socket.hear("LEFT")
    log = await told(rpc, f"{ROOMS}/ReadLog", {"roomId": room, "after": 1}, cast.tokens["bob"])

    assert (3, 5, 5) == (reset["horizon"], reset["sequence"], joined["sequence"])
    assert "3" == log["horizon"]


async def test_errors_say_their_code(socket, cast, frozen):
    foreign = cast.bound["eve's room"]
    for code, room in {"NOT_FOUND": str(uuid.uuid4()), "FORBIDDEN": foreign, "INVALID_ARGUMENT": "general"}.items():
        await socket.say("JOIN_ROOM", name=room)
        [error] = await socket.hear("ERROR")
        assert code == error["code"]
    with frozen("opa"):
        await socket.say("JOIN_ROOM", name=cast.bound["room"])
        [error] = await socket.hear("ERROR")
    assert "UNAVAILABLE" == error["code"]


async def test_too_many_frames_are_an_error_and_the_end(socket):
    for _ in range(250):
        await socket.connection.send('{"type":"LEAVE_ROOM","payload":[{"name":"x"}]}')
    codes = []
    with suppress(ConnectionClosed):
        while True:
            frame = json.loads(await asyncio.wait_for(socket.connection.recv(), WITHIN_S))
            socket.note("server", frame)
            codes.append(frame["payload"][0].get("code"))

    assert "RESOURCE_EXHAUSTED" == codes[-1]
    assert 1008 == socket.connection.close_code


async def test_without_a_token_there_is_no_socket(stack):
    with pytest.raises(InvalidStatus) as refused:
        await connect(stack.socket_url("words"), proxy=None)

    assert 401 == refused.value.response.status_code


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_what_clients_rely_on_was_heard(case):
    """By the tests above; the same cases drive tests/unit/services/gateway/test_frame_promises.py."""
    heard = [frame for frame in HEARD_FRAMES if frame["type"] == case["frame"]["type"]]

    assert [] in [list(differences(case["frame"], frame, {})) for frame in heard]
