"""Editing, deleting, leaving, removing, direct rooms, cleared fields, stable pages: what chat does, by GraphQL."""

import asyncio
import uuid

import pytest

from live.frames import join, receive
from live.people import Person

EDIT = (
    "mutation ($r: String!, $m: String!, $c: String) { UpdateMessage(roomId: $r, messageId: $m, content: $c) { %s } }"
)
DELETE = "mutation ($r: String!, $m: String!) { DeleteMessage(roomId: $r, messageId: $m) { content } }"
LIST = """query ($r: String!, $p: PaginationRequest)
    { ListMessages(roomId: $r, page: $p) { records { id content sequence } metadata { cursor } } }"""
LEAVE = "mutation ($r: String!) { DeleteUserRoom(roomId: $r) { memberId } }"
REMOVE = "mutation ($r: String!, $m: String!) { RemoveMemberFromRoom(roomId: $r, memberId: $m) { memberId } }"
ADD = "mutation ($r: String!, $m: [String]!) { AddMembersToRoom(roomId: $r, membersId: $m) { memberId } }"
DIRECT = """mutation ($m: [String]) { CreateRoom(name: "Us", type: direct, members: $m)
    { information { id } members { memberId } } }"""
ROOM = """mutation ($id: String!, $n: String, $d: String, $p: privacy) {
    UpdateRoom(id: $id, name: $n, description: $d, privacy: $p) { name description privacy lastSequence } }"""
CLEAR = "mutation ($id: String!) { UpdateRoom(id: $id, description: null) { name description } }"
ACKNOWLEDGE = "mutation ($r: String!, $s: Int!) { AcknowledgeMessages(roomId: $r, sequence: $s) { sequence } }"


@pytest.fixture(scope="module")
async def pair(stack, http):
    """Two people who are used by every test here, each with rooms of its own."""
    return [await Person(stack, http).sign_up(name) for name in ("Bob", "Ann")]


def code(answer):
    """Return the code a request was refused with."""
    return answer["errors"][0]["extensions"]["code"]


async def test_an_edit_reaches_everybody_and_stays(pair):
    """The message keeps its place, and the room's log has the edit after it."""
    bob, ann = pair
    room = await bob.create_room(ann)
    said = await bob.send(room, "helo")
    async with ann.socket() as socket:
        await join(socket, room)
        edited = (await bob.get(EDIT % "id content sequence", r=room, m=said["id"], c="hello"))["UpdateMessage"]
        frame = await receive(socket, "MESSAGE_EDITED")
    listed = (await ann.get(LIST, r=room))["ListMessages"]["records"]

    assert [{"id": said["id"], "content": "hello", "sequence": said["sequence"]}] == listed == [edited]
    assert (said["id"], "hello", said["sequence"]) == (
        frame["id"],
        frame["content"]["content"],
        frame["messageSequence"],
    )
    assert said["sequence"] + 1 == frame["sequence"]


async def test_an_edit_to_the_same_words_is_no_event(pair):
    """Nothing happened, so nothing is told."""
    bob, _ = pair
    room = await bob.create_room()
    said = await bob.send(room, "same")
    await bob.get(EDIT % "id", r=room, m=said["id"], c="same")
    following = await bob.send(room, "next")

    assert said["sequence"] + 1 == following["sequence"]


async def test_a_deleted_message_is_gone_for_good(pair):
    """From lists, for everybody; no edit, no second deletion and no repeated send brings it back."""
    bob, ann = pair
    room = await bob.create_room(ann)
    said = await bob.send(room, "oops", str(uuid.uuid4()))
    async with ann.socket() as socket:
        await join(socket, room)
        deleted = (await bob.get(DELETE, r=room, m=said["id"]))["DeleteMessage"]
        frame = await receive(socket, "MESSAGE_DELETED")
    again = await bob.ask(DELETE, r=room, m=said["id"])
    edit = await bob.ask(EDIT % "id", r=room, m=said["id"], c="back")
    repeated = await bob.send(room, "oops", said["id"])
    listed = (await ann.get(LIST, r=room))["ListMessages"]["records"]

    assert ("oops", said["sequence"]) == (deleted["content"], frame["messageSequence"])
    assert ("NOT_FOUND", "NOT_FOUND") == (code(again), code(edit))
    assert (said["sequence"], "") == (repeated["sequence"], repeated["content"])
    assert [] == listed


async def test_only_its_sender_changes_a_message(pair):
    """Whoever else may read it."""
    bob, ann = pair
    room = await bob.create_room(ann)
    said = await bob.send(room, "mine")
    answers = [
        await ann.ask(EDIT % "id", r=room, m=said["id"], c="yours"),
        await ann.ask(DELETE, r=room, m=said["id"]),
    ]

    assert ["FORBIDDEN", "FORBIDDEN"] == [code(answer) for answer in answers]


async def test_who_left_is_out_at_once(pair):
    """Send, read, edit and join are refused from the answer on, and the socket's last frame is the removal."""
    bob, ann = pair
    room = await bob.create_room(ann)
    said = await ann.send(room, "hi")
    async with ann.socket() as socket:
        await join(socket, room)
        await ann.get(LEAVE, r=room)
        refused = [
            await ann.ask(LEAVE, r=room),
            await ann.ask('mutation ($r: String!) { CreateMessage(roomId: $r, content: "x") { id } }', r=room),
            await ann.ask(LIST, r=room),
            await ann.ask(EDIT % "id", r=room, m=said["id"], c="x"),
        ]
        removal = await receive(socket, "MEMBER_REMOVED")
        left = await receive(socket, "LEFT")
        await bob.send(room, "without you")
        other = await ann.create_room()
        joined = await join(socket, other)

    assert ["NOT_FOUND", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN"] == [code(answer) for answer in refused]
    assert (ann.id, removal["sequence"]) == (removal["memberId"], left["sequence"])
    assert other == joined["roomId"]


async def test_removed_and_added_again_is_a_member_again(pair):
    """Each change counts at once."""
    bob, ann = pair
    room = await bob.create_room(ann)
    await bob.get(REMOVE, r=room, m=ann.id)
    refused = await ann.ask(LIST, r=room)
    await bob.get(ADD, r=room, m=[ann.id])
    sent = await ann.send(room, "back")

    assert "FORBIDDEN" == code(refused)
    assert sent["id"]


async def test_no_send_of_a_removed_member_comes_after_the_removal(pair):
    """Sends in flight either precede the removal in the log or are refused."""
    bob, ann = pair
    room = await bob.create_room(ann)
    send = "mutation ($r: String!, $c: String!) { CreateMessage(roomId: $r, content: $c) { sequence } }"
    sends = [asyncio.create_task(ann.ask(send, r=room, c=str(number))) for number in range(40)]
    await asyncio.wait(sends, return_when=asyncio.FIRST_COMPLETED)
    await bob.get(REMOVE, r=room, m=ann.id)
    late = await ann.ask(send, r=room, c="late")
    answers = [await sent for sent in sends]
    log = (await bob.get(LIST, r=room, p={"size": 100}))["ListMessages"]["records"]
    after = (await bob.send(room, "after"))["sequence"]
    acknowledged = {answer["data"]["CreateMessage"]["sequence"] for answer in answers if "errors" not in answer}

    assert code(late) in ("FORBIDDEN", "UNAVAILABLE")
    assert acknowledged == {record["sequence"] for record in log}
    assert after == max(acknowledged) + 2  # the removal is the only event between


async def test_two_people_have_one_direct_room(pair, newcomer):
    """Whoever asks, and however many ask at once."""
    bob, ann = pair
    cid = await newcomer().sign_up("Cid")
    asked = [bob.get(DIRECT, m=[cid.id]) if number % 2 else cid.get(DIRECT, m=[bob.id]) for number in range(12)]
    made = [answer["CreateRoom"] for answer in await asyncio.gather(*asked)]
    room = made[0]["information"]["id"]
    refused = [await bob.ask(LEAVE, r=room), await bob.ask(ADD, r=room, m=[ann.id])]

    assert {room} == {answer["information"]["id"] for answer in made}
    assert all({bob.id, cid.id} == {member["memberId"] for member in answer["members"]} for answer in made)
    assert ["INVALID_ARGUMENT"] * 2 == [code(answer) for answer in refused]


async def test_what_is_left_out_stays_and_what_is_null_is_cleared(pair):
    """For rooms, as any member may change them, and for one's own profile."""
    bob, ann = pair
    room = await bob.create_room(ann)
    full = (await bob.get(ROOM, id=room, n="Den", d="quiet", p="public"))["UpdateRoom"]
    kept = await ann.get('mutation ($id: String!) { UpdateRoom(id: $id, name: "Attic") { name description } }', id=room)
    cleared = (await ann.get(CLEAR, id=room))["UpdateRoom"]
    profile = """mutation ($id: String!) { full: UpdateProfile(id: $id, about: "me", photoPath: "p") { about photoPath }
                   cleared: UpdateProfile(id: $id, about: null, photoPath: null) { name about photoPath } }"""
    own = await bob.get(profile, id=bob.id)

    assert ("Den", "quiet", "public") == (full["name"], full["description"], full["privacy"])
    assert {"name": "Attic", "description": "quiet"} == kept["UpdateRoom"]
    assert {"name": "Attic", "description": None} == cleared
    assert {"about": "me", "photoPath": "p"} == own["full"]
    assert {"name": "Bob", "about": "", "photoPath": None} == own["cleared"]


async def test_a_room_made_public_is_readable_at_once(pair, newcomer):
    """And private again, it is not."""
    bob, _ = pair
    eve = await newcomer().sign_up("Eve")
    room = await bob.create_room()
    codes = []
    for privacy in ("public", "private"):
        await bob.get(ROOM, id=room, p=privacy)
        answer = await eve.ask(LIST, r=room)
        codes.append(code(answer) if "errors" in answer else "read")

    assert ["read", "FORBIDDEN"] == codes


async def test_pages_neither_skip_nor_repeat_while_messages_come_and_go(pair):
    """A cursor names the last row seen."""
    bob, _ = pair
    room = await bob.create_room()
    sent = [await bob.send(room, str(number)) for number in range(7)]
    first = (await bob.get(LIST, r=room, p={"size": 3}))["ListMessages"]
    await bob.send(room, "new")
    await bob.get(DELETE, r=room, m=first["records"][-1]["id"])
    await bob.get(DELETE, r=room, m=sent[2]["id"])
    rest = (await bob.get(LIST, r=room, p={"size": 100, "cursor": first["metadata"]["cursor"]}))["ListMessages"]

    assert ["6", "5", "4"] == [record["content"] for record in first["records"]]
    assert ["3", "1", "0"] == [record["content"] for record in rest["records"]]


async def test_what_was_read_never_becomes_unread(pair):
    """An acknowledgement that comes late changes nothing."""
    bob, _ = pair
    room = await bob.create_room()
    last = (await bob.send(room, "x"))["sequence"]
    marks = [(await bob.get(ACKNOWLEDGE, r=room, s=at))["AcknowledgeMessages"]["sequence"] for at in (last, 1)]
    beyond = await bob.ask(ACKNOWLEDGE, r=room, s=last + 1)

    assert [last, last] == marks
    assert "INVALID_ARGUMENT" == code(beyond)


async def test_a_thousand_sends_made_three_times_each_are_a_thousand_messages(pair):
    """All at once, as impatient clients would."""
    bob, _ = pair
    room = await bob.create_room()
    ids = [str(uuid.uuid4()) for _ in range(1_000)]
    turns = asyncio.Semaphore(48)

    async def send(message_id):
        async with turns:
            return (await bob.send(room, "once", message_id))["sequence"]

    sequences = await asyncio.gather(*(send(message_id) for message_id in ids for _ in range(3)))
    places = [set(sequences[start : start + 3]) for start in range(0, 3_000, 3)]
    following = (await bob.send(room, "after"))["sequence"]

    assert {1} == {len(place) for place in places}
    assert 1_000 == len(set(sequences))
    assert max(sequences) + 1 == following
