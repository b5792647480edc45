"""The least a log takes: a record produced, written by the broker (acks=all) and consumed, by the services' client."""

import asyncio
import contextlib
import secrets
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from bench.floors.decoding import arrived, timed
from bench.measure import Figures, Repeat
from bench.site import Site
from stack import kafka

FETCH_WAIT_MS = 250  # what realtime has
ADMIN_WITHIN_S = 10.0
VALUE = b"x" * 600  # as long as Debezium's record of a short message


@asynccontextmanager
async def topic(site: Site) -> AsyncIterator[str]:
    """Make a topic of one partition, and delete it."""
    name = f"bench.{secrets.token_hex(4)}"
    admin = AdminClient({"bootstrap.servers": site.stack.addresses_of("kafka"), "log_level": 0})
    made = admin.create_topics([NewTopic(name, 1, kafka.copies(site.stack))], operation_timeout=ADMIN_WITHIN_S)
    await asyncio.to_thread(made[name].result)
    try:
        yield name
    finally:
        await asyncio.to_thread(admin.delete_topics([name], operation_timeout=ADMIN_WITHIN_S)[name].result)


@asynccontextmanager
async def looped(site: Site, per_s: float, seconds: float) -> AsyncIterator[Repeat]:
    """Produce records at a rate, and time each until a consumer has it."""
    seen_ns: dict[str, int] = {}
    async with topic(site) as name, contextlib.AsyncExitStack() as clients:
        producer, consumer = await _clients(site, name, clients)
        reading = asyncio.create_task(_read(consumer, seen_ns))
        clients.callback(reading.cancel)

        async def produce() -> str:
            key = uuid.uuid4().hex
            await producer.send(name, VALUE, key=key.encode())
            return key

        async def repeat() -> Figures:
            return await timed(produce, seen_ns, per_s, seconds)

        await arrived(seen_ns, {await produce()})
        yield repeat


async def _clients(
    site: Site, name: str, clients: contextlib.AsyncExitStack
) -> tuple[AIOKafkaProducer, AIOKafkaConsumer]:
    servers = site.stack.addresses_of("kafka")
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", linger_ms=0)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers, enable_auto_commit=False, fetch_min_bytes=1, fetch_max_wait_ms=FETCH_WAIT_MS
    )
    for client in (producer, consumer):
        await client.start()
        clients.push_async_callback(client.stop)
    partition = TopicPartition(name, 0)
    consumer.assign([partition])
    consumer.seek(partition, 0)
    return producer, consumer


async def _read(consumer: AIOKafkaConsumer, seen_ns: dict[str, int]) -> None:
    while True:
        for batch in (await consumer.getmany(timeout_ms=1_000)).values():
            at_ns = time.monotonic_ns()
            for record in batch:
                seen_ns[record.key.decode()] = at_ns
