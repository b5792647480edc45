"""The socket's JSON: every byte of what clients are sent, and an instructive answer to whatever they send."""

import msgspec
import pytest

from services.problems import Code, Problem
from services.realtime import frames
from services.realtime.frames import JoinRoom, LeaveRoom
from services.realtime.records import MessageCreated, RoomEvent

ROOM = "0198c0de-0000-7000-8000-000000000001"


def written(content: str, traceparent: str | None = None) -> bytes:
    event = RoomEvent(ROOM, 7, "message.created", "{}", "2026-11-24T10:00:00.123456Z", traceparent)
    return frames.message(event, MessageCreated("m-1", "a-1", content))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"type":"JOIN_ROOM","payload":[{"name":"r"}]}', JoinRoom("r")),
        ('{"type":"LEAVE_ROOM","payload":[{"name":"r"}]}', LeaveRoom("r")),
        (' { "payload" : [ { "name" : "r" } ] , "type" : "JOIN_ROOM" } ', JoinRoom("r")),
        ('{"type":"JOIN_ROOM","payload":[{"name":"r","after":3,"size":5}],"id":9}', JoinRoom("r", 3)),
        ('{"type":"JOIN_ROOM","payload":[{"name":"caf\\u00e9 😀"}]}', JoinRoom("café 😀")),
    ],
)
def test_a_frame_says_which_room_to_join_or_leave(text: str, expected: frames.ClientFrame):
    """Order, white space and keys we do not know are the client's business."""
    assert frames.read(text) == expected


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x00\x01", "Binary messages are not supported"),
        (b'{"type":"JOIN_ROOM","payload":[{"name":"r"}]}', "Binary messages are not supported"),
        ("", "not JSON"),
        ("hello", "not JSON"),
        ('{"type":"JOIN_ROOM"', "not JSON"),
        ('{"type":"JOIN_ROOM","payload":[{"name":"r"}]} {}', "not JSON"),
        ('{"type":"JOIN_ROOM","payload":' + "[" * 60_000, "not JSON"),
        ("[" * 60_000, "wrong shape"),
        ("null", "wrong shape"),
        ("[]", "wrong shape"),
        ('"JOIN_ROOM"', "wrong shape"),
        ("{}", "wrong shape"),
        ('{"type":1,"payload":[]}', "wrong shape"),
        ('{"type":"DANCE","payload":[{"name":"r"}]}', 'no frame type "DANCE"; the types are JOIN_ROOM, LEAVE_ROOM'),
        ('{"type":"join_room","payload":[{"name":"r"}]}', "the types are JOIN_ROOM, LEAVE_ROOM"),
        ('{"type":"JOIN_ROOM"}', "list of one object"),
        ('{"type":"JOIN_ROOM","payload":{"name":"r"}}', "list of one object"),
        ('{"type":"JOIN_ROOM","payload":[]}', "list of one object"),
        ('{"type":"JOIN_ROOM","payload":[{"name":"r"},{"name":"s"}]}', "list of one object"),
        ('{"type":"JOIN_ROOM","payload":["r"]}', "list of one object"),
        ('{"type":"JOIN_ROOM","payload":[{"room":"r"}]}', "list of one object"),
        ('{"type":"JOIN_ROOM","payload":[{"name":null}]}', "list of one object"),
        ('{"type":"LEAVE_ROOM","payload":[{"name":7}]}', 'send {"type":"LEAVE_ROOM"'),
    ],
)
def test_what_cannot_be_read_is_answered_with_how_to_write_it(data: str | bytes, says: str):
    with pytest.raises(Problem) as caught:
        frames.read(data)

    assert caught.value.code is Code.INVALID_ARGUMENT
    assert says in caught.value.message


def test_an_answer_quotes_no_more_than_a_bounded_part():
    """64 KiB of type in must not be 64 KiB of answer out."""
    with pytest.raises(Problem) as caught:
        frames.read('{"type":"' + "x" * 60_000 + '"}')

    assert len(caught.value.message) < 200


@pytest.mark.parametrize("name", [ROOM, ROOM.upper()])
def test_a_room_is_named_by_its_uuid_in_either_case(name: str):
    assert frames.room_id(name) == ROOM


@pytest.mark.parametrize(
    "name",
    ["", "lobby", "1", ROOM + "0", ROOM[:-1], ROOM.replace("-", ""), "{" + ROOM + "}", "urn:uuid:" + ROOM, ROOM + "\n"],
)
def test_what_is_no_uuid_is_no_room(name: str):
    with pytest.raises(Problem) as caught:
        frames.room_id(name)

    assert caught.value.code is Code.INVALID_ARGUMENT
    assert "is not a room id" in caught.value.message


def test_a_message_frame_is_the_originals_with_what_ours_adds():
    expected = (
        '{"type":"MESSAGE","payload":[{"type":"message","content":{"senderId":"a-1","content":"hi"},"id":"m-1",'
        f'"roomId":"{ROOM}","sequence":7,"createdAt":"2026-11-24T10:00:00.123456Z"}}]}}'
    )

    assert written("hi").decode() == expected


def test_a_message_frame_carries_the_trace_it_belongs_to():
    payload = msgspec.json.decode(written("hi", "00-aa-bb-01"))["payload"]

    assert payload[0]["traceparent"] == "00-aa-bb-01"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a" * 4_000,
        "😀" * 4_000,
        'quote " and \\',
        "line\nfeed\ttab\x01",
        "مرحبا بالعالم",
        "e\u0301",
        "\u2028</script>",
    ],
)
def test_text_arrives_as_it_was_written(text: str):
    assert msgspec.json.decode(written(text))["payload"][0]["content"]["content"] == text


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (frames.joined("r", 9, 4), '{"type":"JOINED","payload":[{"roomId":"r","sequence":9,"membershipVersion":4}]}'),
        (frames.left("r"), '{"type":"LEFT","payload":[{"roomId":"r"}]}'),
        (frames.left("r", 9, "why"), '{"type":"LEFT","payload":[{"roomId":"r","sequence":9,"reason":"why"}]}'),
        (
            frames.error(Problem(Code.FORBIDDEN, "Unauthorized to join r"), "r"),
            '{"type":"ERROR","payload":[{"reason":"Unauthorized to join r","code":"FORBIDDEN","roomId":"r"}]}',
        ),
        (
            frames.error(Problem(Code.INVALID_ARGUMENT, "Binary messages are not supported")),
            '{"type":"ERROR","payload":[{"reason":"Binary messages are not supported","code":"INVALID_ARGUMENT"}]}',
        ),
    ],
)
def test_frames_to_clients_are_exactly_these_bytes(frame: bytes, expected: str):
    assert frame == expected.encode()
