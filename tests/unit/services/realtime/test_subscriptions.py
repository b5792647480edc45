"""Who receives what, from when on, as stories: joins that are allowed, refused, repeated, or have to wait.

Sockets are plain names; `stage` (see conftest.py) plays the edge.
"""

import pytest

from services.problems import Code, Problem
from services.realtime.actions import Deliver, Limits
from services.realtime.records import RoomEvent
from services.realtime.room import RoomPosition

ROOM = "0198c0de-0000-7000-8000-000000000001"
OTHER_ROOM = "0198c0de-0000-7000-8000-000000000002"
NOW_S = 1_000.0


def room_number(number: int) -> str:
    return f"0198c0de-0000-7000-8000-{number:012}"


# Joining and receiving.


def test_a_member_receives_every_message_after_the_place_it_joined_at(stage):
    stage.connect("ann")
    stage.join("ann", at=5)
    stage.happen(6, 7, 8)

    assert stage.sent["ann"] == ["JOINED 5", "MESSAGE 6", "MESSAGE 7", "MESSAGE 8"]


def test_one_message_is_one_action_for_all_members(stage):
    """Serialised once, however many there are."""
    stage.connect("ann", "bob", "cid")
    stage.join("ann", "bob", "cid")

    actions = stage.rules.apply(RoomEvent(ROOM, 2, "message.created", '{"id":"m","senderId":"a","content":"hi"}', "t"))

    assert [(type(action), action.sockets) for action in actions] == [(Deliver, ["ann", "bob", "cid"])]


def test_nobody_receives_what_happens_in_other_rooms(stage):
    stage.connect("ann", "bob")
    stage.join("ann")
    stage.join("bob", room=OTHER_ROOM)
    stage.happen(2)

    assert stage.sent["bob"] == ["JOINED 1"]


def test_nobody_receives_anything_before_the_join_is_allowed(stage):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    stage.happen(2, 3)

    assert stage.sent["ann"] == []


@pytest.mark.parametrize(
    ("before", "position", "after", "received"),
    [
        ((), 5, (6,), ["MESSAGE 6"]),
        ((6, 7), 5, (8,), ["MESSAGE 6", "MESSAGE 7", "MESSAGE 8"]),
        ((5, 6), 5, (7,), ["MESSAGE 6", "MESSAGE 7"]),
        ((5, 6), 6, (7,), ["MESSAGE 7"]),
        ((4,), 6, (5, 6, 7), ["MESSAGE 7"]),
        ((), 6, (4, 5, 6, 7), ["MESSAGE 7"]),
        ((6, 6, 7, 6, 7), 5, (7, 8, 8), ["MESSAGE 6", "MESSAGE 7", "MESSAGE 8"]),
    ],
    ids=[
        "quiet",
        "kept",
        "kept-partly-history",
        "kept-all-history",
        "capture-lags",
        "capture-lags-more",
        "redelivered",
    ],
)
def test_a_join_misses_nothing_and_repeats_nothing(
    stage, before: tuple[int, ...], position: int, after: tuple[int, ...], received: list[str]
):
    """Whatever arrives before and after the answer, delivery begins at the answer's place plus one."""
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    stage.happen(*before)
    stage.answer("ann", RoomPosition(position, 1))
    stage.happen(*after)

    assert stage.sent["ann"] == [f"JOINED {position}", *received]


def test_who_joins_later_does_not_disturb_who_is_there(stage):
    stage.connect("ann", "bob")
    stage.join("ann", at=3)
    stage.happen(4)
    stage.say("bob", "JOIN_ROOM")
    stage.happen(5)
    stage.answer("bob", RoomPosition(6, 1))
    stage.happen(6, 7)

    assert stage.sent["ann"] == ["JOINED 3", "MESSAGE 4", "MESSAGE 5", "MESSAGE 6", "MESSAGE 7"]
    assert stage.sent["bob"] == ["JOINED 6", "MESSAGE 7"]


def test_a_waiting_join_holds_up_no_other_room(stage):
    stage.connect("ann")
    stage.join("ann", room=OTHER_ROOM)
    stage.say("ann", "JOIN_ROOM")
    stage.happen(2, room=OTHER_ROOM)

    assert stage.sent["ann"] == ["JOINED 1", "MESSAGE 2"]


@pytest.mark.parametrize(
    ("kind", "payload", "frame"),
    [
        ("message.edited", '{"id":"m","senderId":"a","content":"hi!","messageSequence":1}', "MESSAGE_EDITED 2"),
        ("message.deleted", '{"id":"m","senderId":"a","messageSequence":1}', "MESSAGE_DELETED 2"),
        ("member.added", '{"memberId":"bob"}', "MEMBER_ADDED 2"),
        ("member.removed", '{"memberId":"bob"}', "MEMBER_REMOVED 2"),
        ("room.updated", '{"name":"Den","description":null,"photoPath":null}', "ROOM_UPDATED 2"),
        ("room.painted", "{}", "ROOM_EVENT 2"),
    ],
)
def test_every_event_of_the_log_is_a_frame(stage, kind: str, payload: str, frame: str):
    """So a client sees every sequence, and a gap is always one."""
    stage.connect("ann")
    stage.join("ann")
    stage.happen(2, kind=kind, payload=payload)
    stage.happen(3)

    assert stage.sent["ann"] == ["JOINED 1", frame, "MESSAGE 3"]


def test_joining_twice_is_answered_twice_and_changes_nothing(stage):
    stage.connect("ann")
    stage.join("ann", at=5)
    stage.say("ann", "JOIN_ROOM")
    stage.happen(6)

    assert stage.sent["ann"] == ["JOINED 5", "JOINED 5", "MESSAGE 6"]


def test_joining_twice_at_once_asks_once_and_answers_twice(stage):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    asked = dict(stage.asked)
    stage.say("ann", "JOIN_ROOM", ROOM.upper())
    stage.answer("ann", RoomPosition(5, 1))
    stage.happen(6)

    assert stage.asked == asked
    assert stage.sent["ann"] == ["JOINED 5", "JOINED 5", "MESSAGE 6"]


def test_two_sockets_of_one_person_are_two_receivers(stage):
    stage.connect("phone", "desk", account="ann", session="s")
    stage.join("phone", "desk")
    stage.happen(2)

    assert stage.sent["phone"] == stage.sent["desk"] == ["JOINED 1", "MESSAGE 2"]


# Refusals.


@pytest.mark.parametrize("code", [Code.NOT_FOUND, Code.UNAVAILABLE, Code.UNAUTHENTICATED, Code.INTERNAL])
def test_a_refused_join_is_told_why_and_can_be_tried_again(stage, code: Code):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    stage.answer("ann", Problem(code, "why"))
    stage.happen(2)
    stage.join("ann", at=2)
    stage.happen(3)

    assert stage.sent["ann"] == [f"ERROR {code}", "JOINED 2", "MESSAGE 3"]


def test_who_is_no_member_is_refused_in_the_originals_words(stage):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM", ROOM.upper())

    actions = stage.rules.answered("ann", ROOM, stage.asked["ann", ROOM], Problem(Code.FORBIDDEN, "no"))

    reason = f"Unauthorized to join {ROOM.upper()}"
    expected = f'{{"type":"ERROR","payload":[{{"reason":"{reason}","code":"FORBIDDEN","roomId":"{ROOM}"}}]}}'
    assert actions == [Deliver(expected.encode(), ["ann"])]


def test_a_name_that_is_no_room_id_is_refused_without_asking(stage):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM", "lobby")

    assert stage.asked == {}
    assert stage.sent["ann"] == ["ERROR INVALID_ARGUMENT"]


@pytest.mark.parametrize("data", [b"\x00", "nonsense", "[]", '{"type":"DANCE"}'])
def test_nonsense_is_answered_and_the_socket_stays(stage, data: str | bytes):
    stage.connect("ann")
    stage.obey(stage.rules.received("ann", data, NOW_S))
    stage.join("ann")

    assert stage.sent["ann"] == ["ERROR INVALID_ARGUMENT", "JOINED 1"]


def test_a_socket_is_in_a_bounded_number_of_rooms(stage_with):
    stage = stage_with(Limits(rooms_max=3))
    stage.connect("ann")
    for number in range(4):
        stage.say("ann", "JOIN_ROOM", room_number(number))
    stage.say("ann", "LEAVE_ROOM", room_number(0))
    stage.say("ann", "JOIN_ROOM", room_number(3))

    assert [room for _, room in stage.asked] == [room_number(number) for number in range(4)]
    assert stage.sent["ann"] == ["ERROR RESOURCE_EXHAUSTED", "LEFT"]


@pytest.mark.parametrize("limits", [Limits(join_buffer_events_max=3), Limits(join_buffer_bytes_max=500)])
def test_a_join_that_waits_while_too_much_happens_is_read_the_log(stage_with, limits: Limits):
    """What is kept is bounded; what was let go is in the log."""
    stage = stage_with(limits)
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    stage.happen(2, 3, 4, 5)
    stage.answer("ann", RoomPosition(1, 1))
    asked_after = stage.asked_after["ann", ROOM]
    stage.answer("ann", stage.page(2, 3, 4, 5, last=5))
    stage.happen(6)

    assert asked_after == 1
    assert stage.sent["ann"] == ["JOINED 1", *(f"MESSAGE {sequence}" for sequence in range(2, 7))]
