"""The rules of profiles, rooms and messages."""

import uuid

import pytest

from services.chat import messages, profiles, rooms
from services.problems import Code, Problem

CREATOR, OTHER, THIRD = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
ROOM = str(uuid.uuid4())


def new_room(name="Room", room_type="group", privacy="private", members=(), **more):
    return rooms.new_room(
        CREATOR, name, room_type, privacy, more.get("description"), more.get("photo_path"), map(str, members)
    )


def test_the_creator_is_the_first_member_and_nobody_is_one_twice():
    """Naming oneself or somebody twice is harmless."""
    assert (CREATOR, OTHER) == new_room(members=[OTHER, CREATOR, OTHER]).members


def test_a_direct_room_is_private_and_between_two():
    """A direct room has its creator and exactly one other."""
    assert (CREATOR, OTHER) == new_room(room_type="direct", members=[OTHER]).members


LONGEST = "👩‍👩‍👧‍👦 שלום مرحبا 你好 " * 400


@pytest.mark.parametrize("content", ["a", LONGEST[:4000], "  x", "\n\"'\\", "e\u0301"], ids=range(5))
def test_any_text_up_to_the_bound_may_be_sent(content):
    """Four thousand code points of any script."""
    assert content == messages.new_message(CREATOR, ROOM, content, "", uuid.uuid4()).content


def test_a_message_takes_the_clients_id_and_a_fresh_one_without():
    """The client's id is what makes a retry harmless."""
    fresh, chosen = uuid.uuid4(), uuid.uuid4()

    assert chosen == messages.new_message(CREATOR, ROOM, "a", str(chosen), fresh).id
    assert fresh == messages.new_message(CREATOR, ROOM, "a", "", fresh).id


def stored(**changed):
    facts = {"id": uuid.uuid4(), "room_id": uuid.UUID(ROOM), "sender_id": CREATOR, "content": "first", "sequence": 5}
    return messages.Message(**(facts | changed), created_at=None, updated_at=None)


def test_sending_again_answers_with_the_first_message():
    """The same id with the same text in the same room is the same send."""
    first = stored()
    again = messages.NewMessage(first.id, first.room_id, CREATOR, "first")

    assert first == messages.same_send(first, again)


@pytest.mark.parametrize(
    "other", [{"sender_id": OTHER}, {"room_id": uuid.uuid4()}, {"content": "x"}], ids=["sender", "room", "text"]
)
def test_the_id_of_another_message_is_refused(other):
    """An id that stands for another sender, room or text is a collision: to answer it would be a false promise."""
    first = stored(**other)
    with pytest.raises(Problem) as refused:
        messages.same_send(first, messages.NewMessage(first.id, uuid.UUID(ROOM), CREATOR, "first"))

    assert (Code.ALREADY_EXISTS, "messageId") == (refused.value.code, refused.value.field)


def message(content="x", room_id=ROOM, message_id=""):
    return messages.new_message(CREATOR, room_id, content, message_id, uuid.uuid4())


REFUSED = {
    "empty content": ("content", lambda: message("")),
    "blank content": ("content", lambda: message(" \n\t")),
    "content one too long": ("content", lambda: message("x" * 4001)),
    "content with U+0000": ("content", lambda: message("a\0b")),
    "room id of words": ("roomId", lambda: message(room_id="general")),
    "room id in braces": ("roomId", lambda: message(room_id="{" + ROOM + "}")),
    "message id of words": ("messageId", lambda: message(message_id="1")),
    "no room name": ("name", lambda: new_room(name="  ")),
    "long room name": ("name", lambda: new_room(name="x" * 101)),
    "long description": ("description", lambda: new_room(description="x" * 1001)),
    "a member of words": ("members", lambda: rooms.new_room(CREATOR, "r", "group", "private", None, None, ["bob"])),
    "too many members": ("members", lambda: new_room(members=[uuid.uuid4() for _ in range(1000)])),
    "direct with oneself": ("members", lambda: new_room(room_type="direct", members=[CREATOR])),
    "direct between three": ("members", lambda: new_room(room_type="direct", members=[OTHER, THIRD])),
    "direct and public": ("privacy", lambda: new_room(room_type="direct", privacy="public", members=[OTHER])),
    "adding nobody": ("membersId", lambda: rooms.added_members([])),
    "adding words": ("membersId", lambda: rooms.added_members(["bob"])),
    "adding to a direct room": ("roomId", lambda: rooms.check_may_grow("direct")),
    "no profile name": ("name", lambda: profiles.new_profile("", None, None)),
    "long about": ("about", lambda: profiles.new_profile("Bob", "x" * 1001, None)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_rule_is_named_with_its_field(case):
    """Each refusal is INVALID_ARGUMENT and names the argument at fault."""
    field, attempt = REFUSED[case]
    with pytest.raises(Problem) as refused:
        attempt()

    assert (Code.INVALID_ARGUMENT, field) == (refused.value.code, refused.value.field)


def test_only_ones_own_rooms_are_listed():
    """ListRooms takes an id for compatibility, and it must be the caller's."""
    rooms.check_lists_own(CREATOR, str(CREATOR))
    with pytest.raises(Problem) as refused:
        rooms.check_lists_own(CREATOR, str(OTHER))

    assert Code.FORBIDDEN == refused.value.code
