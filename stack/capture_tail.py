"""The end of the captured room log in Kafka: which events are there."""

import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

if TYPE_CHECKING:
    from confluent_kafka import Consumer

EVENTS = "chat.public.room_events"
ASK_WITHIN_S = 5.0
READ_WITHIN_S = 20.0
RECORDS_AT_ONCE = 2_000

Event = tuple[str, int]  # room id and sequence


class _Row(msgspec.Struct):
    room_id: str = ""
    sequence: int = 0


class _Envelope(msgspec.Struct):
    after: _Row | None = None


_envelope = msgspec.json.Decoder(_Envelope)


class CaptureTail:
    """Reads on from a moment, again and again; keeps what is younger than ``kept_s``. Blocks: use it in a thread."""

    def __init__(self, bootstrap: str, since_us: int, kept_s: float = float("inf")) -> None:
        self.events: dict[Event, int] = {}  # the event, and when the broker appended it, in ms
        self._bootstrap = bootstrap
        self._since_ms = since_us // 1_000
        self._kept_ms = kept_s * 1_000
        self._consumer: Consumer | None = None
        self._positions: dict[tuple[str, int], int] = {}

    def read(self) -> None:
        """Take in everything that is in Kafka now.

        Raises:
            KafkaException: Kafka does not answer, or no longer has the place; reading begins anew next time.
        """
        try:
            self._read()
        except Exception:
            self.close()
            raise

    def _read(self) -> None:
        from confluent_kafka import KafkaException

        consumer = self._consumer or self._open()
        ends = {where: self._end(consumer, where) for where in self._positions}
        deadline = time.monotonic() + READ_WITHIN_S
        while any(self._positions[where] < end for where, end in ends.items()):
            if time.monotonic() > deadline:
                raise KafkaException(f"not read within {READ_WITHIN_S:g} s")
            for record in consumer.consume(RECORDS_AT_ONCE, 0.2):
                if record.error() is not None:
                    raise KafkaException(record.error())
                self._take(record)
        oldest_ms = time.time() * 1_000 - self._kept_ms
        if self._kept_ms != float("inf"):
            self.events = {event: at_ms for event, at_ms in self.events.items() if at_ms >= oldest_ms}

    def _open(self) -> "Consumer":
        from confluent_kafka import Consumer, TopicPartition

        settings = {"group.id": "veigo.watch", "enable.auto.commit": False, "auto.offset.reset": "error"}
        self._consumer = consumer = Consumer({"bootstrap.servers": self._bootstrap, "log_level": 0, **settings})
        wanted = [
            TopicPartition(EVENTS, number, self._since_ms)
            for number in consumer.list_topics(EVENTS, timeout=ASK_WITHIN_S).topics[EVENTS].partitions
        ]
        for found in consumer.offsets_for_times(wanted, timeout=ASK_WITHIN_S):
            where = (found.topic, found.partition)
            self._positions[where] = found.offset if found.offset >= 0 else self._end(consumer, where)
        consumer.assign([TopicPartition(*where, offset) for where, offset in self._positions.items()])
        return consumer

    def _end(self, consumer: "Consumer", where: tuple[str, int]) -> int:
        from confluent_kafka import TopicPartition

        return int(consumer.get_watermark_offsets(TopicPartition(*where), timeout=ASK_WITHIN_S)[1])

    def _take(self, record: Any) -> None:  # noqa: ANN401 - confluent-kafka has no types
        self._positions[record.topic(), record.partition()] = record.offset() + 1
        if record.value() is None:
            return
        row = _envelope.decode(record.value()).after
        if row is not None:
            self.events[row.room_id, row.sequence] = record.timestamp()[1]

    def close(self) -> None:
        """Let go of the connection; what was read stays known, and is read again."""
        if self._consumer is not None:
            self._consumer.close()
        self._consumer, self._positions = None, {}

    def __enter__(self) -> Self:
        """Nothing is opened yet."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close."""
        self.close()
