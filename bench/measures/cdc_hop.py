"""How much longer change capture takes through Debezium and Kafka than for a bare replication client."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Mapping

import msgspec
from aiokafka import AIOKafkaConsumer

from bench.floors.database import database
from bench.floors.decoding import arrived, decoded, timed
from bench.floors.kafka_loop import FETCH_WAIT_MS
from bench.measure import Figures, Goal, Measure, Ratio, Repeat
from bench.site import Site
from stack import postgres

PER_S = 100
BLOCK_S = 4.0
TOPIC = "chat.public.heartbeats"  # captured as rooms' events are, and nobody acts upon it
FIRST_ID = 1_000_000  # the stack's own rows have small ones
ROW = "INSERT INTO heartbeats (id, nonce) VALUES ($1, $2)"
CLEAR = "DELETE FROM heartbeats WHERE id >= $1"
POSITIONED_WITHIN_S = 10.0


class _Row(msgspec.Struct):
    nonce: str | None = None


class _Change(msgspec.Struct):
    after: _Row | None = None


_change = msgspec.json.Decoder(_Change)


@contextlib.asynccontextmanager
async def captured(site: Site, per_s: float, seconds: float) -> AsyncIterator[Repeat]:
    """Insert rows at a rate, and time each until a consumer of Debezium's topic has it."""
    seen_ns: dict[str, int] = {}
    ids = iter(range(FIRST_ID, 2 * FIRST_ID))
    async with contextlib.AsyncExitStack() as held:
        consumer = AIOKafkaConsumer(
            TOPIC,
            bootstrap_servers=site.stack.addresses_of("kafka"),
            enable_auto_commit=False,
            fetch_min_bytes=1,
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )
        await consumer.start()
        held.push_async_callback(consumer.stop)
        async with asyncio.timeout(POSITIONED_WITHIN_S):
            await consumer.seek_to_end()
        reading = asyncio.create_task(_read(consumer, seen_ns))
        held.callback(reading.cancel)
        connection = await postgres.connect(site.stack, "chat_db")
        held.push_async_callback(connection.close)
        await connection.execute(CLEAR, FIRST_ID)  # what a killed run left
        held.push_async_callback(connection.execute, CLEAR, FIRST_ID)

        async def write() -> str:
            nonce = secrets.token_hex(50)
            await connection.execute(ROW, next(ids), nonce)
            return nonce

        async def repeat() -> Figures:
            return await timed(write, seen_ns, per_s, seconds, "since_insert_")

        await arrived(seen_ns, {await write()})
        yield repeat


async def _read(consumer: AIOKafkaConsumer, seen_ns: dict[str, int]) -> None:
    while True:
        for batch in (await consumer.getmany(timeout_ms=1_000)).values():
            at_ns = time.monotonic_ns()
            for record in batch:
                row = _change.decode(record.value).after if record.value else None
                if row is not None and row.nonce is not None:
                    seen_ns.setdefault(row.nonce, at_ns)


@contextlib.asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Mapping[str, Repeat]]:
    """Follow both ways."""
    seconds = site.seconds(BLOCK_S)
    async with contextlib.AsyncExitStack() as held:
        made = await held.enter_async_context(database(site))
        yield {
            "ours": await held.enter_async_context(captured(site, PER_S, seconds)),
            "bare client": await held.enter_async_context(decoded(made, PER_S, seconds)),
        }


measure = Measure(
    name="cdc_hop",
    question="How much longer is a committed row under way to a consumer of Debezium's topic than to a bare client?",
    sides={
        "ours": "rows of a captured table, from their INSERT to a consumer of their topic",
        "bare client": "rows like a message's, from their INSERT to a replication client that reads pgoutput",
    },
    ratios=(
        Ratio("p50", over=("ours",), under=("bare client",), figure="since_insert_p50_ms"),
        Ratio("p99", over=("ours",), under=("bare client",), figure="since_insert_p99_ms", goal=Goal(at_most=5.0)),
    ),
    opened=opened,
    note="100 rows a second. Both count from the INSERT's sending, because PostgreSQL hands a change to its followers "
    "while it still answers whoever committed it.",
)
