"""A snapshot of the tables behind the read model, read by Debezium in one transaction each database, as one topic.

It is taken by connectors of its own that have no replication slot and end with it, so the change capture that messages
wait for does nothing more than before. Both write to one topic made for this snapshot alone; Debezium's notifications,
in the same topic, say when one has finished.
"""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stack import connectors, kafka, rest
from veigo.stack.problem import StackError
from veigo.stack.readiness import until
from veigo.stack.stack import Stack

if TYPE_CHECKING:
    from confluent_kafka import Consumer

PREFIX = "veigo.snapshot"
SOURCES = (
    "chat.public.room_events",
    "chat.public.profiles",
    "chat.public.read_marks",
    "authentication.public.sessions",
)
ASK_WITHIN_S = 10.0
SILENT_S_MAX = 60.0  # between two records; a connector that has nothing to say for so long will not finish
HANDED_OVER_WITHIN_S = 30.0
KEPT_MS = 86_400_000  # should nobody delete it

Ends = dict[tuple[str, int], int]


@dataclass(frozen=True)
class Snapshot:
    """A whole snapshot.

    Attributes:
        topic: its only partition has all rows.
        records: how many records that is.
        ends: where the log stood before it began; whatever is older is in it.
    """

    topic: str
    records: int
    ends: Ends


@asynccontextmanager
async def taken(stack: Stack) -> AsyncIterator[Snapshot]:
    """Take a snapshot; its topic is deleted in the end.

    Raises:
        StackError: a connector failed, or fell silent before it had finished.
    """
    ends = await asyncio.to_thread(_ends, stack)
    run = uuid.uuid4().hex[:8]
    topic = f"{PREFIX}.{run}"
    names = {name: f"{name}-snapshot-{run}" for name in connectors.DATABASES}
    await asyncio.to_thread(_make, stack, topic)
    try:
        try:
            for name, connector in names.items():
                await _begin(stack, name, connector, topic)
            records = await _finished(stack, topic, names)
        finally:
            await asyncio.gather(*(_end(stack, connector) for connector in names.values()))
        yield Snapshot(topic, records, ends)
    finally:
        await asyncio.to_thread(_delete, stack, topic)


def watermarks(stack: Stack, topic: str) -> dict[int, tuple[int, int]]:
    """First offset and end of each partition of a topic."""
    from confluent_kafka import TopicPartition

    consumer = _consumer(stack)
    try:
        partitions = consumer.list_topics(topic, timeout=ASK_WITHIN_S).topics[topic].partitions
        return {
            each: consumer.get_watermark_offsets(TopicPartition(topic, each), timeout=ASK_WITHIN_S)
            for each in partitions
        }
    finally:
        consumer.close()


def configuration(name: str, topic: str) -> dict[str, str]:
    """What ``services/debezium/<name>_snapshot.json`` says, with everything it writes sent to one topic."""
    into = {"notification.sink.topic.name": topic, "transforms.one.replacement": topic}
    return connectors.configuration(f"{name}_snapshot") | into


def _ends(stack: Stack) -> Ends:
    return {(topic, at): end for topic in SOURCES for at, (_, end) in watermarks(stack, topic).items()}


async def _begin(stack: Stack, name: str, connector: str, topic: str) -> None:
    address, config = stack.address("connect"), configuration(name, topic)

    async def hand_over() -> None:
        await rest.request(address, "PUT", f"/connectors/{connector}/config", config, within_s=HANDED_OVER_WITHIN_S)

    await until(hand_over, HANDED_OVER_WITHIN_S, f"connector {connector} is not taken; see {stack.log('connect')}")


async def _end(stack: Stack, connector: str) -> None:
    """Delete the connector with the position it stored, which nobody needs again."""
    address = stack.address("connect")

    async def delete() -> None:
        known = await rest.request(address, "GET", "/connectors")
        if connector in known:
            await rest.request(address, "PUT", f"/connectors/{connector}/stop")
            await rest.request(address, "DELETE", f"/connectors/{connector}/offsets")
            await rest.request(address, "DELETE", f"/connectors/{connector}")

    await until(delete, HANDED_OVER_WITHIN_S, f"connector {connector} is not deleted; see {stack.log('connect')}")


async def _finished(stack: Stack, topic: str, connectors_: dict[str, str]) -> int:
    """Wait until every connector says that it has finished, and return how many records there are."""
    from confluent_kafka import TopicPartition

    open_, heard_s = set(connectors_), time.monotonic()
    consumer = _consumer(stack)
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        while open_:
            records = await asyncio.to_thread(consumer.consume, 1_000, 0.5)
            for record in records:
                said = json.loads(record.value() or b"{}") if record.error() is None else {}
                _require_going_on(said)
                open_.discard(finished_by(said))
            if records:
                heard_s = time.monotonic()
            elif time.monotonic() - heard_s > SILENT_S_MAX:
                raise StackError(
                    f"the snapshot of {', '.join(sorted(open_))} has been silent for {SILENT_S_MAX:g} s; "
                    f"see {stack.log('connect')}"
                )
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=ASK_WITHIN_S)
        return int(end)
    finally:
        consumer.close()


def finished_by(said: dict[str, Any]) -> str:
    """The database whose snapshot this record says has finished; empty for every other record."""
    if said.get("aggregate_type") != "Initial Snapshot" or said.get("type") != "COMPLETED":
        return ""
    return str(said["additional_data"]["connector_name"]).removesuffix("_snapshot")


def _require_going_on(said: dict[str, Any]) -> None:
    if said.get("aggregate_type") == "Initial Snapshot" and said.get("type") == "ABORTED":
        raise StackError(f"Debezium gave up the snapshot of {said['additional_data']['connector_name']}")


def _consumer(stack: Stack) -> "Consumer":
    from confluent_kafka import Consumer

    settings = {"group.id": "veigo.rebuild", "enable.auto.commit": False, "log_level": 0}
    return Consumer({"bootstrap.servers": stack.addresses_of("kafka"), **settings})


def _make(stack: Stack, topic: str) -> None:
    from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

    admin = AdminClient({"bootstrap.servers": stack.addresses_of("kafka"), "log_level": 0})
    made = admin.create_topics([NewTopic(topic, 1, kafka.copies(stack), config={"retention.ms": str(KEPT_MS)})])
    made[topic].result(ASK_WITHIN_S)


def _delete(stack: Stack, topic: str) -> None:
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({"bootstrap.servers": stack.addresses_of("kafka"), "log_level": 0})
    admin.delete_topics([topic])[topic].result(ASK_WITHIN_S)
