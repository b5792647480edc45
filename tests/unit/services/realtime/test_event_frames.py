"""The JSON of every event's frame, to the letter: clients depend on it."""

import json

import pytest

from services.realtime import event_frames
from services.realtime.records import RoomEvent, UnreadableError

PLACE = {"roomId": "r", "sequence": 7, "createdAt": "t"}
WORDS = {"senderId": "a", "content": "hi"}

FRAMES = {
    "message.created": ({"id": "m"} | WORDS, "MESSAGE", {"type": "message", "content": WORDS, "id": "m"}),
    "message.edited": (
        {"id": "m", "messageSequence": 3} | WORDS,
        "MESSAGE_EDITED",
        {"type": "message", "content": WORDS, "id": "m", "messageSequence": 3},
    ),
    "message.deleted": (
        {"id": "m", "messageSequence": 3, "senderId": "a"},
        "MESSAGE_DELETED",
        {"id": "m", "messageSequence": 3, "senderId": "a"},
    ),
    "member.added": ({"memberId": "b", "messageCount": 4}, "MEMBER_ADDED", {"memberId": "b"}),
    "member.removed": ({"memberId": "b"}, "MEMBER_REMOVED", {"memberId": "b"}),
    "room.created": (
        {"name": "Den", "type": "group", "privacy": "public", "creatorId": "a"},
        "ROOM_CREATED",
        {"name": "Den", "description": None, "photoPath": None, "privacy": "public"},
    ),
    "room.updated": (
        {"name": "Den", "description": "quiet", "photoPath": None},
        "ROOM_UPDATED",
        {"name": "Den", "description": "quiet", "photoPath": None},
    ),
    "room.painted": ({"colour": "green"}, "ROOM_EVENT", {"eventType": "room.painted"}),
}


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("trace", [{}, {"traceparent": "00-1-2-01"}])
def test_an_event_becomes_its_frame(kind: str, trace: dict[str, str]):
    payload, name, expected = FRAMES[kind]
    event = RoomEvent("r", 7, kind, json.dumps(payload), "t", trace.get("traceparent"))
    frame = json.loads(event_frames.frame(event))

    assert frame == {"type": name, "payload": [PLACE | expected | trace]}


@pytest.mark.parametrize("kind", [kind for kind in FRAMES if kind != "room.painted"])
def test_a_payload_that_breaks_its_promise_is_said(kind: str):
    with pytest.raises(UnreadableError):
        event_frames.frame(RoomEvent("r", 7, kind, "{}", "t"))
