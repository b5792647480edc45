"""roomEvents over graphql-transport-ws on the real stack: the socket's guarantees, by GraphQL."""

import asyncio
import uuid

import pytest

from live.conftest import veigo
from live.listener import LISTEN, listener, opened

REMOVE = "mutation ($r: String!, $m: String!) { RemoveMemberFromRoom(roomId: $r, memberId: $m) { memberId } }"
SEND = "mutation ($r: String!, $c: String!) { CreateMessage(roomId: $r, content: $c) { sequence } }"


@pytest.fixture
async def bob(newcomer):
    return await newcomer().sign_up()


@pytest.fixture
async def ann(newcomer):
    return await newcomer().sign_up("Ann")


@pytest.mark.parametrize("path", ["/graphql", "/gql"])
async def test_own_and_others_messages_come_in_order(bob, ann, path):
    """Each once, with its place, to whoever listens."""
    room = await bob.create_room(ann)
    async with listener(bob, path=path) as socket:
        await socket.subscribe(room)
        joined = await socket.event()
        sent = [await (bob, ann)[number % 2].send(room, f"{number} ✓ שלום") for number in range(20)]
        told = await socket.events(20)

    assert ("joined", room) == (joined["type"], joined["roomId"])
    assert [("message_created", m["id"], m["senderId"], m["content"], m["sequence"], m["createdAt"]) for m in sent] == [
        (e["type"], e["messageId"], e["senderId"], e["content"], e["sequence"], e["createdAt"]) for e in told
    ]


async def test_everything_else_in_a_room_is_told_too(bob, ann):
    """Its whole log, from the beginning, dense."""
    room = await bob.create_room(ann)
    said = await bob.send(room, "helo")
    await bob.get(
        """mutation ($r: String!, $m: String!) {
             a: UpdateMessage(roomId: $r, messageId: $m, content: "hello") { id }
             b: DeleteMessage(roomId: $r, messageId: $m) { id }
             c: UpdateRoom(id: $r, name: "Den", privacy: public) { id } }""",
        r=room,
        m=said["id"],
    )
    async with listener(ann) as socket:
        await socket.subscribe(room, after=0)
        joined, *told = await socket.events(8)
    by_type = {event["type"]: event for event in told}

    assert ("joined", 0) == (joined["type"], joined["sequence"])
    assert list(range(1, 8)) == [event["sequence"] for event in told]
    assert ["room_created", "member_added", "member_added"] == [event["type"] for event in told[:3]]
    assert ("hello", said["sequence"]) == tuple(
        by_type["message_edited"][key] for key in ("content", "messageSequence")
    )
    assert (None, said["id"]) == tuple(by_type["message_deleted"][key] for key in ("content", "messageId"))
    assert ("Den", "public") == tuple(by_type["room_updated"][key] for key in ("name", "privacy"))


async def test_it_resumes_after_the_last_that_was_seen(bob):
    """What happened in between comes first, then what happens."""
    room = await bob.create_room()
    async with listener(bob) as socket:
        await socket.subscribe(room)
        await socket.event()
        await bob.send(room, "seen")
        last = (await socket.event())["sequence"]
    for number in range(50):
        await bob.send(room, f"missed {number}")
    async with listener(bob) as socket:
        await socket.subscribe(room, after=last)
        joined, *missed = await socket.events(51)
        await bob.send(room, "live")
        live = await socket.event()

    assert ("joined", last) == (joined["type"], joined["sequence"])
    assert [f"missed {number}" for number in range(50)] == [event["content"] for event in missed]
    assert ("live", last + 51) == (live["content"], live["sequence"])


async def test_two_places_of_one_room_on_one_connection(bob):
    room = await bob.create_room()
    for number in range(5):
        last = (await bob.send(room, str(number)))["sequence"]
    async with listener(bob) as socket:
        await socket.subscribe(room)
        await socket.event()
        await socket.subscribe(room, after=last - 2, id_="2")
        replayed = [await socket.event("2") for _ in range(3)]
        await bob.send(room, "live")
        live = [await socket.hear(), await socket.hear()]

    assert [("joined", last - 2), *(("message_created", n) for n in (last - 1, last))] == [
        (event["type"], event["sequence"]) for event in replayed
    ]
    assert {"1": last + 1, "2": last + 1} == {
        message["id"]: message["payload"]["data"]["roomEvents"]["sequence"] for message in live
    }


async def test_a_removal_ends_it_at_its_place(bob, ann):
    room = await bob.create_room(ann)
    async with listener(ann) as socket:
        await socket.subscribe(room)
        joined = await socket.event()
        await bob.get(REMOVE, r=room, m=ann.id)
        await bob.send(room, "not for her")
        removed, left = await socket.events(2)
        completed = await socket.hear()
        await socket.subscribe(room, after=removed["sequence"])
        refused = await socket.hear()

    assert ("member_removed", ann.id, joined["sequence"] + 1) == tuple(
        removed[key] for key in ("type", "memberId", "sequence")
    )
    assert ("left", removed["sequence"]) == (left["type"], left["sequence"])
    assert {"id": "1", "type": "complete"} == completed
    assert ("error", "FORBIDDEN") == (refused["type"], refused["payload"][0]["extensions"]["code"])


@pytest.mark.parametrize(
    ("variables", "code", "field"),
    [
        ({"room": "x"}, "INVALID_ARGUMENT", "roomId"),
        ({"room": str(uuid.uuid4())}, "NOT_FOUND", None),
        ({"after": -1}, "INVALID_ARGUMENT", "after"),
        ({"after": 1_000}, "INVALID_ARGUMENT", "after"),
        ({"after": 2**31}, "INVALID_ARGUMENT", None),
    ],
)
async def test_what_cannot_be_listened_to_is_refused_with_a_code(bob, variables, code, field):
    room = await bob.create_room()
    async with listener(bob) as socket:
        await socket.say("subscribe", id="1", payload={"query": LISTEN, "variables": {"room": room, **variables}})
        refused = await socket.hear()

    assert "error" == refused["type"], refused
    extensions = refused["payload"][0]["extensions"]
    assert (code, field) == (extensions["code"], extensions.get("field"))


async def test_a_refused_token_is_4403(stack):
    async with opened(stack) as socket:
        await socket.say("connection_init", payload={"Authorization": "Bearer a.b.c"})
        code, reason = await socket.closed()

    assert 4403 == code
    assert reason.startswith("Forbidden: The access token")


async def test_the_legacy_subprotocol_is_4406(stack):
    async with opened(stack, "graphql-ws") as socket:
        code, _ = await socket.closed()

    assert 4406 == code


async def test_signing_out_ends_it_with_its_code_and_then_4403(bob):
    room = await bob.create_room()
    async with listener(bob) as socket:
        await socket.subscribe(room)
        await socket.event()
        await bob.get("mutation { SignOut { success } }")
        told = await socket.hear()
        code, _ = await socket.closed()

    assert "UNAUTHENTICATED" == told["payload"]["errors"][0]["extensions"]["code"]
    assert 4403 == code


async def test_queries_and_mutations_work_over_the_socket_too(bob):
    room = await bob.create_room()
    async with listener(bob) as socket:
        await socket.subscribe(room)
        joined = await socket.event()
        await socket.say("subscribe", id="2", payload={"query": SEND, "variables": {"r": room, "c": "by socket"}})
        heard = [await socket.hear() for _ in range(3)]
    answers = {(message["id"], message["type"]): message.get("payload") for message in heard}

    assert {"data": {"CreateMessage": {"sequence": joined["sequence"] + 1}}} == answers["2", "next"]
    assert ("2", "complete") in answers
    assert "by socket" == answers["1", "next"]["data"]["roomEvents"]["content"]


@pytest.mark.parametrize("how", [[], ["--kill"]], ids=["drained", "killed"])
async def test_realtime_restarted_underneath_is_not_noticed(bob, how):
    """What is said meanwhile comes when it is back: nothing is lost, nothing comes twice."""
    room = await bob.create_room()
    async with listener(bob) as socket:
        await socket.subscribe(room)
        await socket.event()
        restarted = asyncio.create_task(asyncio.to_thread(veigo, "restart", "realtime", "--name", bob.stack.name, *how))
        sent = []
        while not restarted.done() or len(sent) < 30:
            sent.append((await bob.send(room, f"{len(sent)}"))["sequence"])
        told = await socket.events(len(sent))

    assert 0 == (await restarted).returncode
    assert sent == [event["sequence"] for event in told]


async def test_a_stopped_gateway_says_1012(bob):
    room = await bob.create_room()
    async with listener(bob) as socket:
        await socket.subscribe(room)
        await socket.event()
        restarted = asyncio.create_task(asyncio.to_thread(veigo, "restart", "gateway", "--name", bob.stack.name))
        code, reason = await socket.closed()
        await restarted

    assert 1012 == code
    assert "`after`" in reason
