"""What a later version may add is survived by this one: fields, keys, claims, types and values nobody here knows.

Sent to the live stack through each of its doors. What comes in replies is sent to consumers by their stub tests.
"""

import asyncio
import json
import uuid
from pathlib import Path

import jwt
import pytest
from confluent_kafka import Producer
from google.protobuf.message import Message
from websockets.asyncio.client import connect

from live.frames import receive, say
from live.test_change_capture import records
from protos.veigo.chat.v1 import chat_pb2
from stack import rest
from veigo.contracts.cases import filled, loaded
from veigo.contracts.cast import AUTHENTICATION, PROFILES, ROOMS, told
from veigo.contracts.rpc_reply import Refusal
from veigo.contracts.stub import LATER
from veigo.stack.stack import home_folder
from veigo.stack.vault import Secrets

UNKNOWN = 99  # an enum number
REFUSALS = loaded(Path(__file__).parents[1] / "grpc" / "refusals.json")


@pytest.mark.parametrize("name", REFUSALS)
async def test_fields_of_a_later_version_change_no_answer(name, rpc, cast):
    """Each RPC refuses, with them, exactly what it refuses without them."""
    for code, case in REFUSALS[name].items():
        if "request" in case:
            request = rpc.request(name, filled(case["request"], cast.bound)).SerializeToString() + LATER
            answer = await rpc.answer_to_bytes(name, request, cast.tokens[case["as"]])

            assert isinstance(answer, Refusal), answer
            assert code == answer.code


async def test_fields_of_a_later_version_are_passed_over(rpc, cast):
    request = rpc.request(f"{PROFILES}/ReadProfile", {"id": cast.bound["bob"]}).SerializeToString() + LATER
    answer = await rpc.answer_to_bytes(f"{PROFILES}/ReadProfile", request, cast.tokens["ann"])

    assert isinstance(answer, Message)
    assert cast.bound["bob"] == answer.profile.id


@pytest.mark.parametrize("more", [{"type": UNKNOWN}, {"type": 2, "privacy": UNKNOWN}], ids=str)
async def test_enum_values_of_a_later_version_are_refused_as_arguments(more, rpc, cast):
    """A room of a type that is not known here cannot be made."""
    request = chat_pb2.CreateRoomRequest(name="Room", **more)
    answer = await rpc.answer(f"{ROOMS}/CreateRoom", request, cast.tokens["bob"], 10)

    assert ("INVALID_ARGUMENT", (list(more)[-1],)) == (answer.code, answer.fields)


async def test_keys_and_frame_types_of_a_later_version_leave_a_socket_as_it_is(stack, cast):
    room = cast.bound["room"]
    async with connect(stack.socket_url(cast.tokens["bob"]), compression=None, proxy=None) as socket:
        frame = {"type": "JOIN_ROOM", "id": 7, "payload": [{"name": room, "as": {"mood": "green"}}]}
        await socket.send(json.dumps(frame))
        joined = await receive(socket, "JOINED")
        await say(socket, "TYPING", name=room)
        error = await receive(socket, "ERROR")
        sent = await cast.message("bob", room)
        message = await receive(socket, "MESSAGE")

    assert room == joined["roomId"]
    assert "INVALID_ARGUMENT" == error["code"]
    assert sent == message["id"]


async def test_events_of_a_later_version_pass_through_realtime_and_aggregator(stack, rpc, cast, time_machine, until):
    """Of a type nobody knows, and of a known one that says more; from the database on, as real ones."""
    room = await cast.room()
    async with connect(stack.socket_url(cast.tokens["bob"]), compression=None, proxy=None) as socket:
        await say(socket, "JOIN_ROOM", name=room)
        await receive(socket, "JOINED")
        await time_machine.write_event(room, "contract.later", {"colour": ["green", None, {}]})
        said = {"id": str(uuid.uuid4()), "senderId": cast.bound["bob"], "content": "x", "number": 1, "mood": {"a": []}}
        await time_machine.write_event(room, "message.created", said)
        event = await receive(socket, "ROOM_EVENT")
        message = await receive(socket, "MESSAGE")

    inbox = await shown_in_inbox(rpc, cast, room, event["sequence"] + 1)

    assert ("contract.later", said["id"]) == (event["eventType"], message["id"])
    assert said["id"] == inbox["lastMessage"]["id"]


async def shown_in_inbox(rpc, cast, room, sequence):
    """Return a room in Bob's inbox as soon as it has come so far."""
    async with asyncio.timeout(15):
        while True:
            inbox = await told(rpc, "veigo.aggregator.v1.InboxService/ListInbox", {"size": 5}, cast.tokens["bob"])
            for record in inbox["records"]:
                if record["id"] == room and int(record["sequence"]) >= sequence:
                    return record
            await asyncio.sleep(0.05)


async def test_records_with_keys_of_a_later_version_are_read(stack, until):
    """In envelope, source and row; by nobody set aside, by nobody skipped."""
    before = await rest.request(stack.nodes["realtime"], "GET", "/healthz")
    room = str(uuid.uuid4())
    row = {"room_id": room, "sequence": 1, "type": "contract.later", "payload": "{}", "created_at": "now", "mood": []}
    source = {"lsn": 1, "ts_us": 1, "shard": {"a": 1}}
    value = {"op": "c", "before": None, "after": row, "source": source, "ts_us": 1, "schema_id": 7}
    producer = Producer({"bootstrap.servers": stack.nodes["kafka"]})
    key, headers = json.dumps({"room_id": room}), {"veigo.test": "yes"}  # so that nobody takes it for a service's
    producer.produce("chat.public.room_events", key=key, value=json.dumps(value), headers=headers)
    producer.flush(10)

    def read_by_realtime():
        return asyncio.run(rest.request(stack.nodes["realtime"], "GET", "/healthz"))

    after = await until(lambda: (page := read_by_realtime())["records"] > before["records"] and page)

    assert before["skipped"] == after["skipped"]
    assert not [letter for letter in records(stack, ["veigo.dead_letters"]) if room.encode() in (letter.key() or b"")]


async def test_claims_of_a_later_version_leave_a_token_good(stack, rpc, cast):
    key = Secrets(home_folder() / "stacks" / stack.name / "secrets").signing_key_file().read_text()
    token = cast.tokens["bob"]
    claims = jwt.decode(token, options={"verify_signature": False}) | {"later": {"mood": "green"}, "scope": ["a"]}
    headers = jwt.get_unverified_header(token) | {"later": True}
    richer = jwt.encode(claims, key, algorithm="EdDSA", headers=headers)
    answer = await told(rpc, f"{AUTHENTICATION}/ValidateAccessToken", {"token": richer})
    listed = await told(rpc, f"{ROOMS}/ListRooms", {"id": cast.bound["bob"]}, richer)

    assert cast.bound["bob"] == answer["accountId"]
    assert listed["records"]


async def test_keys_of_a_later_version_in_a_graphql_request_are_passed_over(stack, http):
    body = {"query": "{ __typename }", "extensions": {"persistedQuery": {"version": 1}}, "later": [1]}
    async with http.post(f"{stack.http}/graphql", json=body) as response:
        answer = await response.json()

    assert {"data": {"__typename": "RootQuery"}} == answer
