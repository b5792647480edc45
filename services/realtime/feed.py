"""Reads what happened from Kafka: every partition of two topics, from now on, in every replica.

There is no consumer group, so there is nothing to commit and no rebalance: each replica needs every event, because
any client can be connected to it. The place reached in each partition is kept here. A connection that breaks is made
again and reading goes on from that place, so an outage delays events and loses none.

If the broker no longer has the place (the records expired meanwhile, or the topic was made anew) events *were*
missed: `missed` is called, which sends the sockets away to connect and join again, and reading goes on from the end.

A record that cannot be understood is logged with its offset, counted and skipped: it will not get better by waiting.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from services.realtime import records
from services.realtime.records import RoomEvent, SessionEnded, UnreadableError
from services.realtime.way import Way

log = structlog.get_logger()

TOPICS = (records.ROOM_EVENTS, records.SESSIONS)
FETCH_WAIT_MS = 250  # how long the broker holds a fetch that finds nothing; what comes meanwhile ends it at once
REQUEST_TIMEOUT_MS = 5_000
BATCH_RECORDS_MAX = 512
TURN_RECORDS_MAX = 8  # records between two looks at the sockets: 8 of the largest messages fill no socket's buffer
POLL_WAIT_MS = 1_000
RETRY_S = 0.5  # between attempts, for ever: a replica without Kafka says so in its health and is of use again after
SILENCE_S_MAX = 2.0  # several times FETCH_WAIT_MS, within which the broker answers every fetch, with records or without

Apply = Callable[[RoomEvent | SessionEnded], None]
Record: TypeAlias = "ConsumerRecord[bytes, bytes | None]"


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """Where the stream stands.

    Attributes:
        positioned: whether every partition's position is known: from then on no event is missed, even while Kafka is
            away, so sockets may be let in.
        trouble: why events do not arrive now, or None when they do.
        positions: next offset of each partition.
        records: records read.
        skipped: those among them that could not be understood.
    """

    positioned: bool
    trouble: str | None
    positions: dict[str, int]
    records: int
    skipped: int


class Feed:
    """The stream of events, and where it stands."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._positions: dict[TopicPartition, int] = {}
        self._consumer: AIOKafkaConsumer | None = None
        self._trouble = f"Kafka at {bootstrap_servers} was not reached yet"
        self._noted: str | None = None
        self._records_count = 0
        self._skipped_count = 0
        self._way = Way()

    def health(self) -> FeedHealth:
        """Return where the stream stands now."""
        return FeedHealth(
            positioned=bool(self._positions),
            trouble=self._trouble_now(),
            positions={f"{partition.topic}/{partition.partition}": at for partition, at in self._positions.items()},
            records=self._records_count,
            skipped=self._skipped_count,
        )

    def lag(self) -> dict[str, float]:
        """Return how many records of each partition the broker has and we have not read, as of the last fetch."""
        consumer = self._consumer
        if consumer is None:
            return {}
        ends = {partition: consumer.highwater(partition) for partition in list(self._positions)}
        return {
            f"{partition.topic}/{partition.partition}": max(0, end - self._positions.get(partition, end))
            for partition, end in ends.items()
            if end is not None
        }

    def _trouble_now(self) -> str | None:
        if self._consumer is None or not self._positions:
            return self._trouble
        answered_ms = [self._consumer.last_poll_timestamp(partition) or 0 for partition in self._positions]
        if time.time() - min(answered_ms) / 1_000 <= SILENCE_S_MAX:
            return None
        return f"Kafka at {self._bootstrap_servers} has not answered for more than {SILENCE_S_MAX:g} s"

    async def run(self, apply: Apply, missed: Callable[[], None]) -> None:
        """Read until cancelled.

        Args:
            apply: takes each event, in the order of its partition.
            missed: told that events were lost to us.
        """
        # The client says several times each attempt that it cannot connect; `kafka_away` says it once an outage.
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
        while True:
            try:
                await self._read(apply)
            except OffsetOutOfRangeError as error:
                log.error("events_missed", error=str(error))
                self._positions = {}
                missed()
            except Exception as error:  # whatever it is, the sockets stay and reading is tried again from its place
                self._trouble = f"Kafka at {self._bootstrap_servers}: {error!r}"
                log.warning(
                    "feed_interrupted", exc_info=not isinstance(error, (KafkaError, OSError)), error=repr(error)
                )
            await asyncio.sleep(RETRY_S)

    def _note_trouble(self) -> None:
        """Log an outage when it begins and when it ends, in one line each."""
        trouble = self._trouble_now()
        if (trouble is None) != (self._noted is None):
            log.warning("kafka_away" if trouble else "kafka_answers", reason=trouble)
        self._noted = trouble

    async def _read(self, apply: Apply) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap_servers,
            client_id="realtime",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_min_bytes=1,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            max_poll_records=BATCH_RECORDS_MAX,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )
        try:
            await consumer.start()
            await self._position(consumer)
            self._consumer = consumer
            log.info("reading", positions=self.health().positions)
            while True:
                batches = await consumer.getmany(timeout_ms=POLL_WAIT_MS)
                self._note_trouble()
                for partition, batch in batches.items():
                    await self._take_all(partition, batch, apply)
        finally:
            self._consumer = None
            await consumer.stop()

    async def _position(self, consumer: AIOKafkaConsumer) -> None:
        """Put the consumer at the place reached, or at the end when there is none yet."""
        if not self._positions:
            self._positions = await self._ends(consumer)
        consumer.assign(list(self._positions))
        for partition, offset in self._positions.items():
            consumer.seek(partition, offset)

    async def _ends(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        """Return the end of every partition; asked by name, a topic that is missing could be created by accident."""
        absent = set(TOPICS) - await consumer.topics()
        if absent:
            raise KafkaError(f"the topics {', '.join(sorted(absent))} do not exist; run the topics job")
        # The look-up makes the client track the topics, after which it knows their partitions.
        await consumer.end_offsets([TopicPartition(topic, 0) for topic in TOPICS])
        partitions = [TopicPartition(t, p) for t in TOPICS for p in sorted(consumer.partitions_for_topic(t) or ())]
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        return ends

    async def _take_all(self, partition: TopicPartition, batch: list[Record], apply: Apply) -> None:
        for record in batch:
            self._take(record, apply)
            self._positions[partition] = record.offset + 1
            if self._records_count % TURN_RECORDS_MAX == 0:
                await asyncio.sleep(0)  # let the loop write, or a healthy socket would look slow

    def _take(self, record: Record, apply: Apply) -> None:
        self._records_count += 1
        try:
            event = records.event(record.topic, record.value)
            if event is not None:
                with self._way.of(record, event):
                    apply(event)
        except UnreadableError as error:
            self._skip(record, str(error))
        except Exception as error:  # a defect met by one record must not end the stream for all rooms
            log.exception("event_failed")
            self._skip(record, type(error).__name__)

    def _skip(self, record: Record, reason: str) -> None:
        self._skipped_count += 1
        log.error("record_skipped", topic=record.topic, partition=record.partition, offset=record.offset, reason=reason)
