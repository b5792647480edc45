"""The witness reads the events of rooms' logs out of Debezium's records, and passes over the rest."""

import json

import pytest

from veigo.history import Witnessed
from veigo.witness import Witness, WitnessUnable, event_of


def record(
    op: str = "c", event: str = "message.created", payload: str = '{"id":"m1","senderId":"a","content":"x"}'
) -> bytes:
    after = {
        "room_id": "hall",
        "sequence": 4,
        "type": event,
        "payload": payload,
        "traceparent": None,
        "created_at": "2026-01-01T00:00:00Z",
    }
    envelope = {
        "before": None,
        "after": None if op == "d" else after,
        "source": {"ts_us": 1_234_567, "lsn": 1},
        "op": op,
        "ts_us": 2,
    }
    return json.dumps(envelope).encode()


def test_a_created_message_is_witnessed_with_its_times_and_its_place():
    witnessed = event_of(record(), appended_ms=1_240, partition=3, offset=17)

    place = {"committed_us": 1_234_567, "appended_ms": 1_240, "partition": 3, "offset": 17}
    assert witnessed == Witnessed("m1", "hall", 4, **place, sender="a")


def test_a_removal_is_witnessed_with_who_was_removed():
    value = record(event="member.removed", payload='{"memberId":"b","senderId":null}')

    witnessed = event_of(value, appended_ms=1, partition=0, offset=0)

    assert (witnessed.type, witnessed.member, witnessed.message_id) == ("member.removed", "b", None)


@pytest.mark.parametrize(
    "value",
    [None, record(op="d"), record(op="u")],
    ids=["tombstone", "deletion", "update"],
)
def test_everything_else_is_passed_over(value):
    assert event_of(value, appended_ms=1, partition=0, offset=0) is None


def test_a_kafka_that_is_not_there_is_reported_with_what_to_look_at():
    with pytest.raises(WitnessUnable, match="veigo logs kafka"):
        Witness("127.0.0.1:1", wait_s=0.2).note()
