"""The inbox: rooms, members, last messages and what is unread, as change capture brings them."""

import asyncio

import pytest

INBOX = """query ($p: PaginationRequest) { Inbox(page: $p) {
    records { id name type privacy description members { id name } membersCount unreadCount acknowledgedSequence
              lastMessage { id senderId content sequence edited } }
    metadata { cursor hasMore } } }"""
CAUGHT_UP_S_MAX = 15


async def inbox_of(person, page=None):
    return (await person.get(INBOX, p=page))["Inbox"]


async def shown(person, room, holds):
    """Wait until a room is in somebody's inbox and looks as it must; return it, or fail with what it looked like."""
    seen = None
    try:
        async with asyncio.timeout(CAUGHT_UP_S_MAX):
            while True:
                seen = {record["id"]: record for record in (await inbox_of(person))["records"]}.get(room)
                if seen is not None and holds(seen):
                    return seen
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"the inbox did not catch up; it shows {seen}")


@pytest.fixture
async def people(newcomer):
    return [await newcomer().sign_up(name) for name in ("Bob", "Ann")]


async def test_a_room_with_everything(people):
    """Names of members, the last message, and what Ann has not seen."""
    bob, ann = people
    room = await bob.create_room(ann)
    said = [await bob.send(room, str(number)) for number in range(3)]
    seen = await shown(ann, room, lambda record: record["unreadCount"] == 3)
    own = await shown(bob, room, lambda record: record["lastMessage"]["id"] == said[2]["id"])

    assert ("Room", "group", "private", 2) == (seen["name"], seen["type"], seen["privacy"], seen["membersCount"])
    assert {bob.id: "Bob", ann.id: "Ann"} == {member["id"]: member["name"] for member in seen["members"]}
    last = {"id": said[2]["id"], "senderId": bob.id, "content": "2", "sequence": said[2]["sequence"], "edited": False}
    assert last == seen["lastMessage"]
    assert 0 == own["unreadCount"]


async def test_reading_writing_editing_and_deleting_show(people):
    """Each by what change capture brings of it."""
    bob, ann = people
    room = await bob.create_room(ann)
    said = [await bob.send(room, str(number)) for number in range(4)]
    mark = "mutation ($r: String!, $s: Int!) { AcknowledgeMessages(roomId: $r, sequence: $s) { sequence } }"
    await ann.get(mark, r=room, s=said[1]["sequence"])
    half = await shown(ann, room, lambda record: record["unreadCount"] == 2)
    edit = 'mutation ($r: String!, $m: String!) { UpdateMessage(roomId: $r, messageId: $m, content: "new") { id } }'
    await bob.get(edit, r=room, m=said[3]["id"])
    edited = await shown(ann, room, lambda record: record["lastMessage"]["edited"])
    delete = "mutation ($r: String!, $m: String!) { DeleteMessage(roomId: $r, messageId: $m) { id } }"
    await bob.get(delete, r=room, m=said[3]["id"])
    deleted = await shown(ann, room, lambda record: record["lastMessage"]["content"] is None)
    await ann.send(room, "mine")
    written = await shown(ann, room, lambda record: record["unreadCount"] == 0)

    assert said[1]["sequence"] == half["acknowledgedSequence"]
    assert "new" == edited["lastMessage"]["content"]
    assert said[3]["id"] == deleted["lastMessage"]["id"]
    assert "mine" == written["lastMessage"]["content"]


async def test_a_room_that_was_left_goes_and_one_entered_later_has_nothing_unread(people):
    """What was said before is history."""
    bob, ann = people
    room, other = await bob.create_room(ann), await bob.create_room()
    await bob.send(other, "before")
    await ann.get("mutation ($r: String!) { DeleteUserRoom(roomId: $r) { memberId } }", r=room)
    add = "mutation ($r: String!, $m: [String]!) { AddMembersToRoom(roomId: $r, membersId: $m) { memberId } }"
    await bob.get(add, r=other, m=[ann.id])
    entered = await shown(ann, other, lambda record: True)
    left = {record["id"] for record in (await inbox_of(ann))["records"]}
    counted = await shown(bob, room, lambda record: record["membersCount"] == 1)

    assert 0 == entered["unreadCount"]
    assert {other} == left
    assert [bob.id] == [member["id"] for member in counted["members"]]


async def test_pages_go_from_the_newest_change_to_the_oldest(people):
    """Each room once."""
    bob, _ = people
    rooms = [await bob.create_room() for _ in range(5)]
    await bob.send(rooms[0], "newest")
    await shown(bob, rooms[0], lambda record: record["lastMessage"] is not None)
    await shown(bob, rooms[4], lambda record: True)
    seen, page = [], {"size": 2}
    while page:
        listed = await inbox_of(bob, page)
        seen += [record["id"] for record in listed["records"]]
        cursor = listed["metadata"]["cursor"]
        page = {"size": 2, "cursor": cursor} if cursor else None

    assert [rooms[0], *reversed(rooms[1:])] == seen


@pytest.mark.parametrize("page", [{"cursor": "AAAA"}, {"size": 101}])
async def test_a_page_there_is_not_is_refused(people, page):
    """As in every list."""
    answer = await people[0].ask(INBOX, p=page)

    assert "INVALID_ARGUMENT" == answer["errors"][0]["extensions"]["code"]


async def test_strangers_have_no_inbox(newcomer):
    """Without a token there is nobody to show one."""
    answer = await newcomer().ask(INBOX)

    assert "UNAUTHENTICATED" == answer["errors"][0]["extensions"]["code"]
