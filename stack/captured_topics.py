"""Everything the topics of change capture hold: which events of which rooms, and each other row as it was told last.

Reads from the beginning, and later only what is new.
"""

import time
from collections import defaultdict
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from stack.replayed import EVENTS, STATES, Row, Table, partition_of
from veigo.stack.problem import StackError

if TYPE_CHECKING:
    from confluent_kafka import Consumer

ASK_WITHIN_S = 10.0
SILENT_S_MAX = 20.0
RECORDS_AT_ONCE = 5_000
TABLES = {table.topic: table for table in (EVENTS, *STATES)}


class _Source(msgspec.Struct):
    ts_us: int = 0


class _Envelope(msgspec.Struct):
    op: str
    source: _Source
    after: dict[str, Any] | None = None
    before: dict[str, Any] | None = None


_envelope = msgspec.json.Decoder(_Envelope)


class CapturedTopics:
    """What is in Kafka. Blocks: use it in a thread.

    Attributes:
        rooms: room id → sequences of its events.
        rows: table → key → the row as it was told last; None when it was told deleted.
    """

    def __init__(self, bootstrap: str, known_us: int = 0) -> None:
        """Nothing is opened yet; ``known_us`` is up to when everything is known to have been captured."""
        self.rooms: defaultdict[str, set[int]] = defaultdict(set)
        self.rows: dict[str, dict[tuple[str, ...], Row | None]] = {table.name: {} for table in STATES}
        self._bootstrap = bootstrap
        self._consumer: Consumer | None = None
        self._positions: dict[tuple[str, int], int] = {}
        self._partitions = 0  # of the events
        self._kept_since_us: dict[int, int | None] = {}  # of those whose first records are gone
        self._known_us = known_us

    def read(self) -> None:
        """Take in everything up to the topics' ends now.

        Raises:
            StackError: Kafka fell silent before that.
        """
        from confluent_kafka import KafkaException

        try:
            self._read()
        except KafkaException as error:
            raise StackError(f"Kafka could not be read ({error}); see `veigo logs kafka`") from error

    def _read(self) -> None:
        consumer = self._consumer or self._open()
        ends = {where: self._bounds(consumer, where)[1] for where in self._positions}
        heard_s = time.monotonic()
        while any(self._positions[where] < end for where, end in ends.items()):
            records = consumer.consume(RECORDS_AT_ONCE, 0.5)
            for record in records:
                if record.error() is not None:
                    raise StackError(f"Kafka could not be read ({record.error()}); see `veigo logs kafka`")
                self._take(record)
            if records:
                heard_s = time.monotonic()
            elif time.monotonic() - heard_s > SILENT_S_MAX:
                raise StackError(f"Kafka has been silent for {SILENT_S_MAX:g} s; see `veigo logs kafka`")

    @property
    def reached(self) -> dict[str, int]:
        """How far each partition was read, as the aggregator's health page names them."""
        return {f"{topic}:{number}": offset for (topic, number), offset in self._positions.items()}

    def has_expired(self, key: bytes) -> bool:
        """Whether the first records of this key's partition of the events are gone."""
        return partition_of(key, self._partitions) in self._kept_since_us

    def kept_since_us(self, key: bytes) -> int:
        """What was committed before that was captured once, and its record may be gone; 0 when none is."""
        kept_us = self._kept_since_us.get(partition_of(key, self._partitions), 0)
        return self._known_us if kept_us is None else kept_us

    def partition_of(self, key: bytes) -> int:
        """The partition of the events that a key belongs to."""
        return partition_of(key, self._partitions)

    def _open(self) -> "Consumer":
        from confluent_kafka import Consumer, TopicPartition

        settings = {"group.id": "veigo.repair", "enable.auto.commit": False, "auto.offset.reset": "earliest"}
        self._consumer = consumer = Consumer({"bootstrap.servers": self._bootstrap, "log_level": 0, **settings})
        for topic in TABLES:
            for number in consumer.list_topics(topic, timeout=ASK_WITHIN_S).topics[topic].partitions:
                self._positions[topic, number] = self._bounds(consumer, (topic, number))[0]
        events = {number: at for (topic, number), at in self._positions.items() if topic == EVENTS.topic}
        self._partitions = len(events)
        self._kept_since_us = {number: None for number, at in events.items() if at > 0}
        consumer.assign([TopicPartition(*where, at) for where, at in self._positions.items()])
        return consumer

    def _bounds(self, consumer: "Consumer", where: tuple[str, int]) -> tuple[int, int]:
        from confluent_kafka import TopicPartition

        first, end = consumer.get_watermark_offsets(TopicPartition(*where), timeout=ASK_WITHIN_S)
        return int(first), int(end)

    def _take(self, record: Any) -> None:  # noqa: ANN401 - confluent-kafka has no types
        topic, number = record.topic(), record.partition()
        self._positions[topic, number] = record.offset() + 1
        if record.value() is None:
            return
        envelope = _envelope.decode(record.value())
        row = envelope.after
        if topic != EVENTS.topic:
            self._told(TABLES[topic], envelope)
        elif row is not None:
            self.rooms[row["room_id"]].add(row["sequence"])
            if self._kept_since_us.get(number, 0) is None:
                self._kept_since_us[number] = envelope.source.ts_us

    def _told(self, table: Table, envelope: _Envelope) -> None:
        told = envelope.after or envelope.before
        if told is not None:
            self.rows[table.name][table.key_of(told)] = envelope.after

    def __enter__(self) -> Self:
        """Nothing is opened yet."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the connection."""
        if self._consumer is not None:
            self._consumer.close()
