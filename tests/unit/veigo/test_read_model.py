"""Documents held against PostgreSQL: what is equal, what differs, and what merely moved on."""

import copy

import pytest

from veigo.read_model import Documents, RoomState, compare, compare_policy_data

ROW = {
    "last_sequence": 7,
    "membership_version": 3,
    "type": "group",
    "privacy": "private",
    "name": "Den",
    "description": None,
    "photo_path": None,
    "member_count": 1,
    "message_count": 2,
}
LAST = {"id": "m2", "sender_id": "ann", "sequence": 6, "content": "hi", "deleted_at": None}
STATE = RoomState(ROW, {"ann": 3}, LAST, {"ann": (5, 1)}, {"ann": 2})
PROFILE = {"deleted_at": None, "name": "Ann", "about": "", "photo_path": None}


@pytest.fixture
def documents():
    return Documents(
        rooms={
            "r": {
                "changed": {"sequence": 7, "at": "t"},
                "version": 3,
                "type": "group",
                "access": {"sequence": 1, "privacy": "private"},
                "details": {"sequence": 1, "name": "Den", "description": None, "photoPath": None},
                "members": {"sequence": 3, "count": 1},
                "messageCount": 2,
                "lastMessage": {"sequence": 6, "revision": 6, "id": "m2", "senderId": "ann", "content": "hi"},
            }
        },
        rosters={"r": {"ann": {"version": 3, "active": True}, "bob": {"version": 2, "active": False}}},
        mailboxes={("ann", "r"): {"read": {"sequence": 5, "number": 1}, "sent": 2}},
        profiles={"ann": {"version": 1, "active": True, "name": "Ann", "about": "", "photoPath": None}},
    )


def judged(documents):
    return compare({"r": STATE}, {"ann": PROFILE}, documents)


def test_what_is_equal_is_found_equal(documents):
    comparison = judged(documents)

    assert (2, [], []) == (comparison.equal, comparison.moved, comparison.wrong)


def test_a_room_that_moved_on_is_no_difference(documents):
    documents.rooms["r"]["changed"]["sequence"] = 8
    comparison = judged(documents)

    assert (["r"], []) == (comparison.moved, comparison.wrong)


SPOILT = {
    "a room that is missing": lambda d: d.rooms.pop("r"),
    "an event that is missing": lambda d: d.rooms["r"]["changed"].update(sequence=6),
    "another name": lambda d: d.rooms["r"]["details"].update(name="Attic"),
    "another privacy": lambda d: d.rooms["r"]["access"].update(privacy="public"),
    "a member too many": lambda d: d.rosters["r"]["bob"].update(active=True),
    "a member too few": lambda d: d.rosters["r"].pop("ann"),
    "a wrong count": lambda d: d.rooms["r"]["members"].update(count=2),
    "an old last message": lambda d: d.rooms["r"]["lastMessage"].update(id="m1"),
    "words that were edited": lambda d: d.rooms["r"]["lastMessage"].update(content="hello"),
    "a mark that is missing": lambda d: d.mailboxes["ann", "r"].pop("read"),
    "a message not counted as sent": lambda d: d.mailboxes["ann", "r"].update(sent=1),
    "a profile that is missing": lambda d: d.profiles.pop("ann"),
    "a profile undeleted": lambda d: d.profiles["ann"].update(active=False),
}


@pytest.mark.parametrize("case", SPOILT)
def test_what_is_spoilt_is_found(case, documents):
    """One spoilt thing is one difference."""
    spoilt = copy.deepcopy(documents)
    SPOILT[case](spoilt)

    assert 1 == len(judged(spoilt).wrong)


@pytest.fixture
def aggregated():
    return {
        "marker": "1",
        "rooms": {"r": {"version": 3, "privacy": "private", "members": {"ann": 3}}},
        "sessions": {"s": {"version": 2, "revoked": True}},
    }


def decided_by(aggregated):
    return compare_policy_data({"r": STATE}, {"s": True}, aggregated)


def test_policy_data_that_is_equal_is_found_equal(aggregated):
    comparison = decided_by(aggregated)

    assert (2, [], []) == (comparison.equal, comparison.moved, comparison.wrong)


@pytest.mark.parametrize(
    ("path", "value", "wrong"),
    [
        (("rooms", "r", "members"), {"ann": 3, "eve": 2}, "room r: members is {'ann': 3, 'eve': 2} and not {'ann': 3}"),
        (("rooms", "r", "privacy"), "public", "room r: privacy is 'public' and not 'private'"),
        (("rooms", "r", "version"), 2, "room r: version is 2 and not 3"),
        (("sessions", "s", "revoked"), False, "session s: revoked is False and not True"),
    ],
)
def test_each_part_of_policy_data_is_held_against_postgresql(aggregated, path, value, wrong):
    *way, last = path
    part = aggregated
    for step in way:
        part = part[step]
    part[last] = value

    assert [wrong] == decided_by(aggregated).wrong


def test_an_opa_that_came_up_empty_differs_in_everything():
    assert 4 == len(decided_by({}).wrong)


def test_a_room_whose_members_moved_on_is_no_difference(aggregated):
    aggregated["rooms"]["r"]["version"] = 4

    assert ["r"] == decided_by(aggregated).moved
