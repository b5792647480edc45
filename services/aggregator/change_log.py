"""The change log in Kafka: the source topics read from positions we keep ourselves, and the dead letters.

No consumer group: positions live beside the documents they belong to, and each source partition is ours. aiokafka
reconnects by itself and reads on where it was; what it holds ahead is bounded by the fetch sizes below.
"""

import asyncio
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from services.aggregator.changes import SOURCE_TOPICS
from services.aggregator.projection import DeadLetter, Record

DEAD_LETTERS = "veigo.dead_letters"
RECORDS_MAX = 3_000  # of one batch: more would only fold better, and take longer to finish at SIGTERM
FETCH_WAIT_MS = 100  # how long the broker holds an empty fetch: what a record in another partition may have to wait
PARTITION_BYTES_MAX = 1024 * 1024
FETCH_BYTES_MAX = 8 * 1024 * 1024
LETTER_BYTES_MAX = 900_000  # below the broker's default limit for a record, with room for the headers
ASK_TIMEOUT_S = 3


class ChangeLog:
    """The source topics and the dead letter topic. Methods raise KafkaError or TimeoutError when Kafka is away."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=bootstrap_servers,
            client_id="aggregator",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # a stored position that the log no longer has: go on with what it has
            fetch_max_wait_ms=FETCH_WAIT_MS,
            fetch_min_bytes=1,
            fetch_max_bytes=FETCH_BYTES_MAX,
            max_partition_fetch_bytes=PARTITION_BYTES_MAX,
        )
        self._producer: Any = AIOKafkaProducer(
            bootstrap_servers=bootstrap_servers, client_id="aggregator", acks="all", request_timeout_ms=5_000
        )
        self._reading = self._writing = False

    async def __aenter__(self) -> Self:
        """Nothing is opened yet: Kafka may be away, and `open` can be tried again."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Close both connections."""
        await self._consumer.stop()
        await self._producer.stop()

    async def open(self) -> list[tuple[str, int]]:
        """Connect, and find the partitions of the source topics; raises until the topics exist."""
        if not self._reading:
            await self._consumer.start()
            self._reading = True
        if not self._writing:
            await self._producer.start()
            self._writing = True
        partitions = []
        for topic in SOURCE_TOPICS:
            async with asyncio.timeout(ASK_TIMEOUT_S):
                partitions += [(topic, partition) for partition in sorted(await self._producer.partitions_for(topic))]
        return partitions

    def read_from(self, positions: Mapping[tuple[str, int], int]) -> None:
        """Go on from these positions; what was fetched and not taken yet is forgotten."""
        here = [TopicPartition(topic, partition) for topic, partition in positions]
        if self._consumer.assignment() != set(here):
            self._consumer.assign(here)
        for (topic, partition), offset in positions.items():
            self._consumer.seek(TopicPartition(topic, partition), offset)

    async def take(self, wait_s: float) -> list[Record]:
        """The next records, RECORDS_MAX at most, in order within each partition; none when none came in that time."""
        taken = await self._consumer.getmany(timeout_ms=int(wait_s * 1000), max_records=RECORDS_MAX)
        return [record for records in taken.values() for record in records]

    async def bounds(self, partitions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], tuple[int, int]]:
        """First offset and end of each partition, asked of the broker."""
        here = [TopicPartition(topic, partition) for topic, partition in partitions]
        async with asyncio.timeout(ASK_TIMEOUT_S):
            begins = await self._consumer.beginning_offsets(here)
            ends = await self._consumer.end_offsets(here)
        return {(at.topic, at.partition): (begins[at], ends[at]) for at in here}

    async def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Send these to the dead letters and wait until Kafka has them."""
        sent = [await self._producer.send(DEAD_LETTERS, **_letter(letter)) for letter in letters]
        await asyncio.gather(*sent)


def _letter(letter: DeadLetter) -> dict[str, Any]:
    """Key and value as they came, cut where they are too long to be sent; where from and why, as headers."""
    record = letter.record
    value = record.value
    headers = {
        "topic": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "reason": letter.reason[:1_000],
    }
    if value is not None and len(value) > LETTER_BYTES_MAX:
        headers["bytes"] = str(len(value))
        value = value[:LETTER_BYTES_MAX]
    return {
        "key": record.key,
        "value": value,
        "headers": [(name, text.encode()) for name, text in headers.items()],
    }
