"""The topics, made on purpose: how many partitions, and whose clock stamps the records.

``LogAppendTime`` because the stamp is then the broker's: the moment a change became visible to consumers, which is the
hop the latency tables want. ``chat.public.room_events`` must keep its partition count for ever: a room's order lives in
one partition, and another count would move it.
"""

import asyncio

from stack import kafka
from veigo.stack.node import Job
from veigo.stack.problem import StackError
from veigo.stack.stack import Stack

PARTITIONS = {
    "chat.public.room_events": 4,
    "chat.public.profiles": 1,
    "chat.public.read_marks": 1,  # they only grow, so their order matters to nobody
    "chat.public.heartbeats": 1,
    "authentication.public.sessions": 1,
    "authentication.public.heartbeats": 1,
    "veigo.dead_letters": 1,
    # Debezium's own heartbeats. Without these two its producer would wait for them, and every change behind it.
    "__debezium-heartbeat.chat": 1,
    "__debezium-heartbeat.authentication": 1,
}
HEARTBEATS_KEPT_MS = 600_000
FOR_EVER = -1


def configuration_of(topic: str) -> dict[str, str]:
    """A topic's settings: heartbeats are worth nothing after minutes; out of the rest the read model can be rebuilt."""
    kept_ms = HEARTBEATS_KEPT_MS if "heartbeat" in topic else FOR_EVER
    return {"message.timestamp.type": "LogAppendTime", "retention.ms": str(kept_ms)}


async def run(stack: Stack) -> None:
    """Make the topics that are not there."""
    await asyncio.to_thread(make_topics, stack.addresses_of("kafka"), kafka.copies(stack))


def make_topics(addresses: str, copies: int) -> None:
    """Make every topic, and leave those alone that exist.

    Raises:
        StackError: the broker refused one.
    """
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

    admin = AdminClient({"bootstrap.servers": addresses, "log_level": 0})
    wanted = [NewTopic(name, count, copies, config=configuration_of(name)) for name, count in PARTITIONS.items()]
    for name, made in admin.create_topics(wanted, operation_timeout=10).items():
        try:
            made.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise StackError(f"Kafka refused topic {name}: {error.args[0].str()}") from error


JOB = Job(name="topics", does="the Kafka topics", run=run, after=("kafka",))
