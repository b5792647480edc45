"""The rules of profiles, rooms and messages."""

import hashlib
import uuid
from dataclasses import replace
from datetime import UTC, datetime

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
    digest = hashlib.sha256(changed.pop("sent", "first").encode()).digest()
    return messages.Message(**(facts | changed), number=3, sent_digest=digest, created_at=None, updated_at=None)


def test_sending_again_answers_with_the_first_message():
    """The same id with the same text in the same room is the same send."""
    first = stored()
    again = messages.NewMessage(first.id, first.room_id, CREATOR, "first")

    assert first == messages.same_send(first, again)


@pytest.mark.parametrize(
    "since", [{"content": "edited"}, {"content": "", "deleted_at": datetime(2026, 1, 31, tzinfo=UTC)}]
)
def test_a_send_is_known_again_whatever_became_of_it(since):
    """It counted; that is what a retry asks."""
    first = stored(**since)

    assert first == messages.same_send(first, messages.NewMessage(first.id, first.room_id, CREATOR, "first"))


def test_an_edit_changes_the_words_and_nothing_else():
    """Its place, its number and what it was sent with stay."""
    first = stored()

    assert replace(first, content="second") == messages.edited("second")(first)


@pytest.mark.parametrize("gone", [None, {"content": "", "deleted_at": datetime(2026, 1, 31, tzinfo=UTC)}])
@pytest.mark.parametrize("rewrite", [messages.edited("x"), messages.deleted(datetime(2026, 2, 1, tzinfo=UTC))])
def test_what_is_gone_cannot_be_changed(gone, rewrite):
    """Deleting is final."""
    with pytest.raises(Problem) as refused:
        rewrite(None if gone is None else stored(**gone))

    assert (Code.NOT_FOUND, "messageId") == (refused.value.code, refused.value.field)


ROOM_NOW = rooms.Room(uuid.UUID(ROOM), "p", "Den", "quiet", "group", "private", 9, 4, None, None)


@pytest.mark.parametrize(
    ("paths", "changed"),
    [
        ([], {}),
        (["name"], {"name": "New"}),
        (["description", "photo_path"], {"description": None, "photo_path": None}),
        (["privacy"], {"privacy": "public"}),
    ],
    ids=["nothing", "name", "cleared", "privacy"],
)
def test_a_room_changes_in_what_is_named(paths, changed):
    """What is named and absent is cleared; what is not named stays."""
    change = rooms.change(paths, "New", None, None, "public")

    assert replace(ROOM_NOW, **changed) == change.of(ROOM_NOW)


def test_a_profile_changes_in_what_is_named():
    """About has no null: cleared, it is empty."""
    now = profiles.Profile(CREATOR, "p", "Bob", "me", None, None)

    assert replace(now, about="") == profiles.change(["about"], "", None, "q").of(now)


@pytest.mark.parametrize(
    ("standing", "asked", "read"),
    [(rooms.Standing(True, 9, 3), 5, 5), (rooms.Standing(True, 9, 7), 5, 7), (rooms.Standing(True, 9, 0), 9, 9)],
)
def test_what_was_read_stays_read(standing, asked, read):
    """The mark never goes back."""
    assert read == rooms.acknowledged(standing, asked, "no")


@pytest.mark.parametrize(
    "other", [{"sender_id": OTHER}, {"room_id": uuid.uuid4()}, {"sent": "x"}], ids=["sender", "room", "text"]
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
    "a direct room made public": (
        "privacy",
        lambda: rooms.change(["privacy"], "", None, None, "public").of(replace(ROOM_NOW, type="direct")),
    ),
    "a name cleared": ("name", lambda: rooms.change(["name"], "", None, None, "private")),
    "a field that cannot change": ("updateMask", lambda: rooms.change(["type"], "", None, None, "private")),
    "leaving a direct room": ("roomId", lambda: rooms.check_may_shrink(replace(ROOM_NOW, type="direct"))),
    "reading beyond the end": ("sequence", lambda: rooms.acknowledged(rooms.Standing(True, 9, 3), 10, "no")),
    "a sequence below zero": ("sequence", lambda: rooms.not_negative("sequence", -1)),
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
