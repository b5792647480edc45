"""What a subscriber is told of realtime's frames, and from where a subscription goes on."""

import json

import pytest

from services.gateway import room_frames
from services.gateway.event_types import RoomEvent, RoomEventType
from services.gateway.listening import Listening
from services.gateway.types import RoomPrivacy
from services.problems import Code, Problem

ROOM = "0192f0c1-2b3c-7d4e-8f50-123456789abc"


def frame(kind, **payload):
    """Return a frame as it comes over the socket."""
    return room_frames.read(json.dumps({"type": kind, "payload": [{"roomId": ROOM, **payload}]}))


def told(listening, *frames):
    """Return type and sequence of what the subscriber is told."""
    steps = [listening.take(frame) for frame in frames]
    return [(step.event.type.value, step.event.sequence) for step in steps if step is not None]


def joined_at(sequence, after=None):
    """Return a subscription that has begun."""
    listening = Listening(ROOM, after)
    listening.take(frame("JOINED", sequence=sequence, membershipVersion=1))
    return listening


def test_a_message_is_told_with_all_it_says():
    said = {"type": "message", "content": {"senderId": "s", "content": "Hi"}, "id": "m", "sequence": 4}

    assert RoomEvent(
        type=RoomEventType.message_created,
        room_id=ROOM,
        sequence=4,
        created_at="2026-11-24T09:30:00Z",
        message_id="m",
        sender_id="s",
        content="Hi",
        message_sequence=4,
    ) == room_frames.event(frame("MESSAGE", createdAt="2026-11-24T09:30:00Z", traceparent="00-…", number=2, **said))


def test_an_edited_message_is_told_with_its_own_place():
    said = {"content": {"senderId": "s", "content": "Hm"}, "id": "m", "sequence": 9, "messageSequence": 4}

    assert RoomEvent(
        type=RoomEventType.message_edited,
        room_id=ROOM,
        sequence=9,
        message_id="m",
        sender_id="s",
        content="Hm",
        message_sequence=4,
    ) == room_frames.event(frame("MESSAGE_EDITED", **said))


def test_a_deleted_message_is_told_without_its_words():
    said = {"id": "m", "senderId": "s", "sequence": 9, "messageSequence": 4}

    assert RoomEvent(
        type=RoomEventType.message_deleted,
        room_id=ROOM,
        sequence=9,
        message_id="m",
        sender_id="s",
        message_sequence=4,
    ) == room_frames.event(frame("MESSAGE_DELETED", **said))


@pytest.mark.parametrize("kind", ["MEMBER_ADDED", "MEMBER_REMOVED"])
def test_members_come_and_go(kind):
    event = room_frames.event(frame(kind, sequence=3, memberId="b"))

    assert (kind.lower(), "b", 3) == (event.type.value, event.member_id, event.sequence)


@pytest.mark.parametrize("kind", ["ROOM_CREATED", "ROOM_UPDATED"])
def test_a_room_is_described(kind):
    said = {"name": "Tea", "description": None, "photoPath": "/tea.png", "privacy": "public"}
    event = room_frames.event(frame(kind, sequence=1, **said))

    assert kind.lower() == event.type.value
    assert ("Tea", None, "/tea.png", RoomPrivacy.public) == (
        event.name,
        event.description,
        event.photo_path,
        event.privacy,
    )


def test_an_event_of_a_later_version_is_an_event():
    """It has its place, so no gap appears."""
    listening = joined_at(4)

    assert [("room_event", 5), ("room_event", 6)] == told(
        listening, frame("ROOM_EVENT", sequence=5, eventType="poll.opened"), frame("POLL_OPENED", sequence=6)
    )


def test_everything_after_the_place_it_began_at_is_told_once():
    """What is delivered again is dropped."""
    listening = Listening(ROOM, None)
    frames = [frame("JOINED", sequence=4), *(frame("MESSAGE", id="m", sequence=n) for n in (4, 5, 5, 6, 4, 7))]

    assert [("joined", 4), *(("message_created", n) for n in (5, 6, 7))] == told(listening, *frames)
    assert 7 == listening.after


def test_resuming_on_another_socket_is_not_noticed():
    listening = joined_at(4)
    told(listening, frame("MESSAGE", id="m", sequence=5))
    listening.lost()

    assert 5 == listening.after
    assert [("message_created", 6)] == told(
        listening, frame("JOINED", sequence=5), frame("MESSAGE", id="m", sequence=6)
    )


def test_a_socket_lost_before_the_subscription_began_is_asked_the_same_again():
    listening = Listening(ROOM, None)
    listening.lost()

    assert listening.after is None
    assert [("joined", 8)] == told(listening, frame("JOINED", sequence=8))


@pytest.mark.parametrize("lost", [False, True])
def test_a_reset_is_always_told_and_so_is_where_it_goes_on(lost):
    listening = joined_at(4) if lost else Listening(ROOM, 4)
    if lost:
        listening.lost()

    assert [("reset", 90), ("joined", 90), ("message_created", 91)] == told(
        listening,
        frame("RESET", sequence=90, horizon=50, reason="gone"),
        frame("JOINED", sequence=90),
        frame("MESSAGE", id="m", sequence=91),
    )


def test_a_gap_is_never_passed_over():
    listening = joined_at(4)

    with pytest.raises(Problem, match="missed after 4") as caught:
        listening.take(frame("MESSAGE", id="m", sequence=6))
    assert Code.UNAVAILABLE is caught.value.code


def test_the_end_is_told_and_is_the_last():
    step = joined_at(4).take(frame("LEFT", sequence=5, reason="you are no longer a member"))

    assert step is not None
    assert (True, RoomEventType.left, 5, "you are no longer a member") == (
        step.last,
        step.event.type,
        step.event.sequence,
        step.event.reason,
    )


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("FORBIDDEN", (Code.FORBIDDEN, None)),
        ("INVALID_ARGUMENT", (Code.INVALID_ARGUMENT, "after")),
        ("SOMETHING_NEW", (Code.INTERNAL, None)),
    ],
)
def test_a_refusal_keeps_its_code_and_its_words(code, expected):
    with pytest.raises(Problem, match="because") as caught:
        Listening(ROOM, 1).take(frame("ERROR", code=code, reason="because"))

    assert expected == (caught.value.code, caught.value.field)


def test_what_is_asked_of_realtime():
    assert '{"type":"JOIN_ROOM","payload":[{"name":"r"}]}' == room_frames.join("r", None)
    assert '{"type":"JOIN_ROOM","payload":[{"name":"r","after":0}]}' == room_frames.join("r", 0)
    assert '{"type":"LEAVE_ROOM","payload":[{"name":"r"}]}' == room_frames.leave("r")
