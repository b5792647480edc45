"""Realtime's frames as the gateway reads them: those it knows exactly, those of a later version by their place."""

import json

import msgspec
import pytest

from services.gateway import room_frames
from services.gateway.event_types import RoomEventType


def read(kind, payload, **more):
    return room_frames.read(json.dumps({"type": kind, "payload": payload, **more}))


def test_keys_of_a_later_version_are_passed_over():
    frame = read("MESSAGE", [{"roomId": "r", "sequence": 3, "mood": {"colour": "green"}}], sentBy="x")

    assert ("r", 3) == (frame.said.room_id, frame.said.sequence)


@pytest.mark.parametrize("more", [{}, {"content": "words"}, {"id": 7}, {"name": {"en": "Den"}}, {"privacy": ["a"]}])
def test_a_type_of_a_later_version_is_an_event_with_its_place_however_it_is_shaped(more):
    """So the room goes on without a hole."""
    event = room_frames.event(read("PAINTED", [{"roomId": "r", "sequence": 3, "createdAt": "now", **more}]))

    assert (RoomEventType.room_event, "r", 3, "now") == (event.type, event.room_id, event.sequence, event.created_at)


@pytest.mark.parametrize("payload", [[], [{}, {}], {}, None, "words", [7], [{"sequence": "three"}], [{"roomId": 7}]])
def test_a_type_of_a_later_version_that_is_about_no_room_is_a_frame_all_the_same(payload):
    frame = read("TYPING", payload)

    assert ("TYPING", None) == (frame.type, frame.said.sequence)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"type":7}', '{"type":"MESSAGE","payload":[{"id":7}]}'])
def test_what_is_no_frame_is_refused(text):
    """A type we know must be what we know."""
    with pytest.raises(msgspec.DecodeError):
        room_frames.read(text)
