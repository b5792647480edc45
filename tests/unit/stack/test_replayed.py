"""A replayed row is a record that every consumer reads as it reads Debezium's."""

import json

import pytest

from services.aggregator import changes
from services.realtime import records
from stack.captured_topics import CapturedTopics
from stack.missing import Missing
from stack.replayed import EVENTS, STATES, absent, is_newer, key_bytes, partition_of, value_bytes
from veigo.witness import event_of

PROFILES, READ_MARKS, SESSIONS = STATES
WRITTEN = {
    "room_id": "01a2148d-67be-7d2c-84cf-50317a023826",
    "sequence": 4,
    "type": "message.created",
    "payload": '{"id": "m1", "number": 1, "content": "Hello 👋", "senderId": "ann"}',
    "traceparent": None,
    "created_at": "2026-11-25T21:12:21.135727Z",
    "at_us": 1_795_641_141_135_727,
}
SESSION = {
    "id": "s1",
    "account_id": "ann",
    "client_id": "phone",
    "version": 2,
    "revoked_at": "2026-11-25T21:12:21.000000Z",
    "created_at": "2026-11-25T21:12:20.000000Z",
    "updated_at": "2026-11-25T21:12:21.000000Z",
}
PROFILE = {
    "id": "ann",
    "photo_path": None,
    "name": "Ann",
    "about": "",
    "created_at": "2026-11-25T21:12:20.000000Z",
    "updated_at": "2026-11-25T21:12:20.000000Z",
    "deleted_at": None,
}


def value(table, row, **more):
    return value_bytes(table, row, lsn=500, at_us=7, now_us=9, **more)


def test_a_rooms_events_go_where_debezium_sends_them():
    """The key is the very text that Connect wrote in a real run, and so is the partition."""
    key = key_bytes(EVENTS, WRITTEN)

    assert b'{"room_id":"01a2148d-67be-7d2c-84cf-50317a023826"}' == key
    assert 1 == partition_of(key, 4)


def test_realtime_the_aggregator_and_the_witness_read_a_replayed_message():
    told = value(EVENTS, WRITTEN)
    change = changes.change_in(EVENTS.topic, told)
    seen = event_of(told, appended_ms=1, partition=0, offset=0)

    assert ("m1", "Hello 👋", 4) == (change.message, change.content, change.sequence)
    assert (WRITTEN["room_id"], 4, "message.created") == tuple(
        getattr(records.event(EVENTS.topic, told), name) for name in ("room_id", "sequence", "type")
    )
    assert ("m1", 4, 7) == (seen.message_id, seen.sequence, seen.committed_us)
    assert "at_us" not in json.loads(told)["after"]


def test_a_replayed_revocation_closes_sockets_and_reaches_the_policies():
    told = value(SESSIONS, SESSION)

    assert "s1" == records.event(SESSIONS.topic, told).session_id
    assert (True, 2) == (
        changes.change_in(SESSIONS.topic, told).revoked,
        changes.change_in(SESSIONS.topic, told).version,
    )


def test_a_session_that_was_deleted_meanwhile_has_ended():
    told = value(SESSIONS, None, gone={"id": "s1"})

    assert "s1" == records.event(SESSIONS.topic, told).session_id
    assert changes.change_in(SESSIONS.topic, told).revoked


def test_a_replayed_profile_carries_its_place_in_the_log():
    """The newest wins by that place, so it may not be one that a later change is older than."""
    change = changes.change_in(PROFILES.topic, value(PROFILES, PROFILE))

    assert ("Ann", True, 500) == (change.name, change.active, change.version)


@pytest.mark.parametrize(
    ("table", "row", "captured", "newer"),
    [
        (SESSIONS, SESSION, None, True),
        (SESSIONS, SESSION, SESSION | {"version": 1}, True),
        (SESSIONS, SESSION, SESSION, False),
        (SESSIONS, SESSION, SESSION | {"version": 3}, False),
        (PROFILES, PROFILE, PROFILE | {"name": "Anna"}, True),
        (PROFILES, PROFILE, PROFILE | {"updated_at": "2026-11-25T21:12:20Z"}, False),
        (PROFILES, PROFILE | {"deleted_at": "2026-11-25T21:12:20Z"}, PROFILE, True),
        (READ_MARKS, {"sequence": 5, "number": 2}, {"sequence": 4, "number": 2}, True),
        (READ_MARKS, {"sequence": 5, "number": 2}, {"sequence": 5, "number": 2}, False),
    ],
)
def test_a_row_is_put_in_when_it_says_more_than_what_was_captured(table, row, captured, newer):
    assert newer is is_newer(table, row, captured)


def test_absent_sequences_are_those_between_the_logs_ends_that_were_not_captured():
    assert [2, 5] == absent(1, 5, {1, 3, 4, 9})
    assert [] == absent(1, 0, ())


def test_what_has_arrived_meanwhile_is_not_missing():
    captured = CapturedTopics("nowhere")
    captured.rooms["r"] = {1}
    captured.rows["sessions"][("s1",)] = SESSION
    found = Missing(
        events={"r": [{"sequence": 1}, {"sequence": 2}], "q": [{"sequence": 1}]},
        rows=[(SESSIONS, SESSION), (PROFILES, PROFILE)],
        gone=[(SESSIONS, {"id": "s2"})],
    )
    left = found.still(captured)

    assert {"r": [(2, 2)], "q": [(1, 1)]} == left.gap.rooms
    assert [(PROFILES, PROFILE)] == left.rows
    assert [] == left.gone


def test_each_connector_repairs_its_own_tables():
    found = Missing(events={"r": [{"sequence": 1}]}, rows=[(SESSIONS, SESSION), (PROFILES, PROFILE)])

    assert [(SESSIONS, SESSION)] == found.of(["authentication"]).rows
    assert {} == found.of(["authentication"]).events
    assert (1, {"profiles": 1}) == (found.of(["chat"]).gap.events, found.of(["chat"]).gap.rows)
    assert not Missing()
