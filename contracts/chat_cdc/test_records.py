"""Every record that the other tests caused, held against its topic's schemas, and read with a client of its own."""

import json
import uuid
from pathlib import Path

import asyncpg
import pytest
from confluent_kafka import Producer

from live.test_change_capture import records
from stack import record_contracts
from stack.time_machine import TRACEPARENT
from veigo.contracts import json_reply
from veigo.contracts.cases import differences, loaded
from veigo.stack.stack import home_folder
from veigo.stack.vault import Secrets

TOPICS = record_contracts.contracts()
TOPIC, FIELD, OPERATION, EVENT = "topic", "record field", "record operation", "room event"
BY_HAND = "veigo.test"
CASES = loaded(Path(__file__).with_name("cases.json"))

pytestmark = pytest.mark.gate  # after all that causes records, and before the gate itself


@pytest.fixture(scope="module", autouse=True)
def promised(coverage):
    """Note what the schemas promise."""
    coverage.promise(TOPIC, TOPICS)
    for name, topic in TOPICS.items():
        coverage.promise(OPERATION, (f"{name} {operation}" for operation in topic.get("operations", ())))
        fields = [*json_reply.fields_of(topic["key"], "key"), *json_reply.fields_of(topic["value"], "value")]
        # What a row was before is not asked of anybody: its replica identity is its key.
        coverage.promise(FIELD, (f"{name} {field}" for field in fields if not field.startswith("value.before")))
        for event, schema in topic.get("payloads", {}).items():
            coverage.promise(EVENT, [event, *json_reply.fields_of(schema, event)])


@pytest.mark.parametrize("name", [name for name in TOPICS if name != "veigo.dead_letters"])
def test_every_record_is_what_its_topic_promises(name, stack, coverage):
    topic = TOPICS[name]
    found = from_services(stack, name)
    for record in found:
        coverage.saw(TOPIC, name)
        seen = json_reply.checked(topic["key"], json.loads(record.key()), "key")
        if record.value() is not None:
            value = json.loads(record.value())
            seen += json_reply.checked(topic["value"], value, "value")
            if "op" in value:
                coverage.saw(OPERATION, f"{name} {value['op']}")
            if "payloads" in topic:
                note_event(topic["payloads"], value["after"], coverage)
        for field in seen:
            if f"{name} {field}" in coverage.promised[FIELD]:  # Debezium says more, which nobody may rely on
                coverage.saw(FIELD, f"{name} {field}")

    assert found


def from_services(stack, topic):
    """Return the records that tests have not written by hand, which those say in a header."""
    return [record for record in records(stack, [topic]) if BY_HAND not in dict(record.headers() or ())]


def note_event(schemas, row, coverage):
    if row["traceparent"] != TRACEPARENT:  # that one stands for what a later version writes
        for item in (row["type"], *json_reply.checked(schemas[row["type"]], json.loads(row["payload"]), row["type"])):
            coverage.saw(EVENT, item)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_what_readers_rely_on_is_there(case, stack):
    """The same cases drive the readers' own tests (tests/unit/services/test_record_promises.py)."""
    values = [json.loads(record.value()) for record in from_services(stack, case["topic"])]
    for value in values:
        if "payload" in value["after"]:
            value["after"]["payload"] = json.loads(value["after"]["payload"])

    assert any(not list(differences(case["record"], value, {})) for value in values)


async def test_what_nobody_can_read_is_set_aside_with_its_reason(stack, coverage, until):
    """A record of a key that no room has, so that no room is harmed."""
    key = json.dumps({"room_id": str(uuid.uuid4())})
    producer = Producer({"bootstrap.servers": stack.nodes["kafka"]})
    producer.produce("chat.public.room_events", key=key, value=b"{broken", headers={BY_HAND: "yes"})
    producer.flush(10)

    def buried():
        return [letter for letter in records(stack, ["veigo.dead_letters"]) if letter.key() == key.encode()]

    [letter] = await until(buried)
    coverage.saw(TOPIC, "veigo.dead_letters")

    assert TOPICS["veigo.dead_letters"]["headers"] == [name for name, _ in letter.headers()][:4]
    assert b"{broken" == letter.value()


async def test_nobody_may_rewrite_a_rooms_log(stack):
    """So no record of it is an update, though Debezium would tell of one."""
    password = Secrets(home_folder() / "stacks" / stack.name / "secrets").password("veigo")
    connection = await asyncpg.connect(f"postgresql://veigo:{password}@{stack.nodes['postgres']}/chat_db")
    may = await connection.fetchval("SELECT has_table_privilege('chat_service', 'room_events', 'UPDATE')")
    await connection.close()

    assert may is False
