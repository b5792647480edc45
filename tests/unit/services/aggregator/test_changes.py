"""Which records tell of a change, which concern nobody, and which are set aside as unreadable."""

import json

import pytest

from services.aggregator.changes import (
    PROFILES,
    ROOM_EVENTS,
    SESSIONS,
    VERSION_MAX,
    MemberChanged,
    MessageChanged,
    ProfileChanged,
    ReadMark,
    RoomChange,
    RoomDescribed,
    SessionChanged,
    Unreadable,
    change_in,
)
from tests.unit.services.aggregator.records import (
    CREATED,
    added,
    created,
    edited,
    message,
    profile,
    profile_deleted,
    read_mark,
    record,
    removed,
    room_event,
    session,
    session_deleted,
)


def told(record):
    return change_in(record.topic, record.value)


def test_events_of_a_room_are_told_by_type():
    described = RoomDescribed("r", 1, "at 1", "group", "Den", "private", "d", None)
    assert told(created("r", description="d")) == described
    assert told(room_event("r", 9, "room.updated", {"name": "New"})) == RoomDescribed("r", 9, "at 9", name="New")
    assert told(added("r", 2, "ann", 4, 7)) == MemberChanged("r", 2, "at 2", "ann", True, 4, 7)
    assert told(removed("r", 3, "ann", 3)) == MemberChanged("r", 3, "at 3", "ann", False, 3, 0)
    assert told(message("r", 4, "m4", 2)) == MessageChanged("r", 4, "at 4", "m4", "ann", 4, 2, "at 4", "hi")


def test_an_edit_and_a_deletion_tell_where_the_message_itself_stands():
    assert told(edited("r", 9, 4, "hi!", "m4", 2)) == MessageChanged("r", 9, "at 9", "m4", "ann", 4, 2, "at 4", "hi!")
    assert told(edited("r", 9, 4, None, "m4", 2)) == MessageChanged("r", 9, "at 9", "m4", "ann", 4, 2, "at 4", None)


def test_members_of_earlier_versions_tell_no_counts():
    assert told(room_event("r", 2, "member.added", {"memberId": "ann"})) == MemberChanged(
        "r", 2, "at 2", "ann", True, None, 0
    )


def test_a_read_mark_is_told_as_it_is():
    assert told(read_mark("r", "ann", 9, 4)) == ReadMark("r", "ann", 9, 4)


def test_event_types_of_later_versions_only_move_the_room_on():
    assert told(room_event("r", 6, "poll.opened", {"?": []})) == RoomChange("r", 6, "at 6")


def test_rows_of_a_snapshot_are_as_good_as_inserts():
    payload = {"memberId": "ann", "memberCount": 1, "messageCount": 0}
    assert told(room_event("r", 2, "member.added", payload, op="r")) == told(added("r", 2, "ann"))


def test_a_session_is_told_with_its_version_and_a_deleted_one_is_revoked_for_good():
    assert told(session("s", 1)) == SessionChanged("s", 1, revoked=False, account="ann", client="123abc")
    assert told(session("s", 2, revoked=True, op="u")) == SessionChanged("s", 2, True, "ann", "123abc")
    assert told(session_deleted("s")) == SessionChanged("s", VERSION_MAX, revoked=True, account=None, client=None)


def test_a_profiles_version_is_its_place_in_the_databases_log():
    assert told(profile("ann", 700)) == ProfileChanged("ann", 700, True, "Ann", "", None, "y")
    deleted = ProfileChanged("ann", 701, False, "Deleted account", "", None, "y")
    assert told(profile("ann", 701, "Deleted account", deleted_at="z")) == deleted
    assert told(profile_deleted("ann", 800)) == ProfileChanged("ann", 800, False, None, None, None, None)


@pytest.mark.parametrize(
    "nothing",
    [
        record(ROOM_EVENTS, None),
        record(SESSIONS, None),
        record(ROOM_EVENTS, {"op": "d", "before": {"room_id": "r", "sequence": 1}, "after": None}),
        record(ROOM_EVENTS, {"op": "t", "source": {}}),
        record(SESSIONS, {"op": "m"}),
        record(PROFILES, {"op": "t", "source": {"lsn": 3}}),
    ],
    ids=["tombstone", "session tombstone", "pruned event", "truncation", "logical message", "truncated profiles"],
)
def test_what_does_not_concern_us_is_no_change(nothing):
    assert told(nothing) is None


def test_fields_a_later_version_adds_are_no_concern():
    envelope = json.loads(added("r", 2, "ann").value)
    envelope["after"] |= {"shard": 3, "payload": '{"memberId": "ann", "memberCount": 1, "messageCount": 0, "by": 1}'}

    assert told(record(ROOM_EVENTS, envelope | {"tail": [1]})) == told(added("r", 2, "ann"))


@pytest.mark.parametrize(
    "poison",
    [
        record(ROOM_EVENTS, b""),
        record(ROOM_EVENTS, b"{"),
        record(ROOM_EVENTS, b"\xff\xfe"),
        record(ROOM_EVENTS, b"[]"),
        record(ROOM_EVENTS, {"after": None}),
        record(ROOM_EVENTS, {"op": "c", "after": None}),
        record(ROOM_EVENTS, {"op": "c", "after": {"room_id": "r"}}),
        created("room/with~a:path"),
        created("r" * 65),
        created("r\n"),
        created("r", sequence=0),
        created("r", sequence="1"),
        created("r", sequence=VERSION_MAX + 1),
        room_event("r", 1, "room.created", {"name": "no type, no privacy"}),
        room_event("r", 2, "member.added", {}),
        room_event("r", 2, "member.added", {"memberId": "a/b"}),
        room_event("r", 2, "member.added", "not an object"),
        room_event("r", 2, "message.created", {"id": "m"}),
        record(
            ROOM_EVENTS, {"op": "c", "after": {"room_id": "r", "sequence": 2, "type": "member.added", "payload": {}}}
        ),
        record(SESSIONS, {"op": "c", "after": {"id": "s", "version": 1}}),
        record(PROFILES, {"op": "u", "after": {"id": "ann"}, "source": {}}),
        record(PROFILES, b'{"op": "u", "source": {"lsn": 1}, "after": {"id": "ann", "name": "\\ud800"}}'),
        record("chat.public.rooms", {"op": "c"}),
    ],
    ids=lambda poison: repr(poison.value)[:60],
)
def test_what_cannot_be_read_says_why(poison):
    with pytest.raises(Unreadable, match=r"\w+"):
        told(poison)


def test_a_description_as_chat_writes_it_is_read_whole():
    """The creator is not made a member here: chat adds everybody, the creator too, by events of their own."""
    change = told(created("r", **CREATED, photoPath="p.png"))

    assert change == RoomDescribed("r", 1, "at 1", "group", "Den", "private", None, "p.png")
