"""Debezium's envelopes become events; whatever is none is told apart from what is broken."""

import json

import pytest

from services.realtime import records
from services.realtime.records import Member, MessageCreated, RoomEvent, SessionEnded, UnreadableError

ROW = {
    "room_id": "r",
    "sequence": 3,
    "type": "message.created",
    "payload": '{"id": "m", "senderId": "a", "content": "hi"}',
    "traceparent": "00-aa-bb-01",
    "created_at": "2026-11-24T10:00:00.123456Z",
}
SESSION = {"id": "s", "account_id": "a", "client_id": "c", "version": 1, "revoked_at": None, "created_at": "t"}


def envelope(op: str, after: object, before: object = None) -> bytes:
    source = {"ts_us": 1, "lsn": 2, "txId": 3}
    return json.dumps({"before": before, "after": after, "source": source, "op": op, "ts_us": 4}).encode()


@pytest.mark.parametrize("op", ["c", "r"])
def test_a_row_is_an_event_whether_it_was_streamed_or_read_in_a_snapshot(op: str):
    expected = RoomEvent("r", 3, "message.created", ROW["payload"], "2026-11-24T10:00:00.123456Z", "00-aa-bb-01")

    assert records.event(records.ROOM_EVENTS, envelope(op, ROW)) == expected


def test_an_event_may_come_without_a_trace():
    event = records.event(records.ROOM_EVENTS, envelope("c", {**ROW, "traceparent": None}))

    assert isinstance(event, RoomEvent)
    assert event.traceparent is None


def test_the_payload_stays_text_until_somebody_wants_it():
    """A malformed payload in a room nobody here is in costs nobody anything."""
    event = records.event(records.ROOM_EVENTS, envelope("c", {**ROW, "payload": "not JSON"}))

    assert isinstance(event, RoomEvent)


@pytest.mark.parametrize("value", [None, envelope("d", None, ROW)])
def test_the_deletion_of_old_events_is_no_event(value: bytes | None):
    assert records.event(records.ROOM_EVENTS, value) is None


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"not JSON",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'{"op":"c"}',
        b'{"op":"c","after":null}',
        b"[" * 60_000,
        envelope("c", {**ROW, "sequence": 0}),
        envelope("c", {**ROW, "sequence": "3"}),
        envelope("c", {**ROW, "room_id": None}),
        envelope("c", {**ROW, "payload": {"id": "m"}}),
        envelope("c", {name: value for name, value in ROW.items() if name != "created_at"}),
        json.dumps({"schema": {}, "payload": {"op": "c", "after": ROW}}).encode(),
    ],
)
def test_a_malformed_record_is_unreadable(value: bytes):
    with pytest.raises(UnreadableError):
        records.event(records.ROOM_EVENTS, value)


def test_why_a_record_is_unreadable_does_not_repeat_what_people_wrote():
    with pytest.raises(UnreadableError) as caught:
        records.event(records.ROOM_EVENTS, envelope("c", {**ROW, "sequence": "a secret"}))

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (envelope("c", SESSION), None),
        (envelope("r", SESSION), None),
        (envelope("u", {**SESSION, "version": 2, "revoked_at": "2026-11-24T10:00:00Z"}), SessionEnded("s")),
        (envelope("r", {**SESSION, "version": 2, "revoked_at": "2026-11-24T10:00:00Z"}), SessionEnded("s")),
        (envelope("d", None, {"id": "s", "account_id": None}), SessionEnded("s")),
        (None, None),
    ],
)
def test_a_session_ends_when_it_is_revoked_or_deleted(value: bytes | None, expected: SessionEnded | None):
    assert records.event(records.SESSIONS, value) == expected


@pytest.mark.parametrize(
    "value", [b"{}", b'{"op":"u","after":null}', b'{"op":"d","before":null}', b'{"op":"c","after":{}}']
)
def test_a_malformed_session_record_is_unreadable(value: bytes):
    with pytest.raises(UnreadableError):
        records.event(records.SESSIONS, value)


def event_with(payload: str) -> RoomEvent:
    return RoomEvent("r", 1, "any", payload, "t")


def test_payloads_are_decoded_with_the_keys_of_the_contract():
    message = records.message_created(event_with('{"id":"m","senderId":"a","content":"hi","later":1}'))
    member = records.member(event_with('{"memberId":"a"}'))

    assert (message, member) == (MessageCreated("m", "a", "hi"), Member("a"))


@pytest.mark.parametrize(
    "payload", ["", "{}", "[]", '{"id":"m","senderId":"a"}', '{"id":"m","senderId":"a","content":5}']
)
def test_a_malformed_payload_is_unreadable(payload: str):
    with pytest.raises(UnreadableError):
        records.message_created(event_with(payload))
