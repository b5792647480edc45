"""The witness: an independent reader of Kafka, who says what was in the log whatever the services say.

It uses another client library than the services do, and no consumer group. It notes where every partition ends before
the run, and reads from there after the run, so that it costs the stack nothing while the run is measured.
"""

import time
from dataclasses import dataclass
from typing import Any

import msgspec
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Consumer, KafkaException, TopicPartition

from veigo.history import Witnessed

TOPIC = "chat.public.room_events"


class WitnessUnable(Exception):  # noqa: N818 - the witness was unable to testify
    """Kafka could not be read; the message says what to look at."""


class _Source(msgspec.Struct):
    ts_us: int


class _Row(msgspec.Struct):
    room_id: str
    sequence: int
    type: str
    payload: str


class _Change(msgspec.Struct):
    op: str
    source: _Source
    after: _Row | None = None


class _Message(msgspec.Struct):
    id: str


_change = msgspec.json.Decoder(_Change)
_message = msgspec.json.Decoder(_Message)


@dataclass(frozen=True, slots=True)
class Positions:
    """Where each partition of the topic ended at some moment."""

    ends: dict[int, int]


class Witness:
    """Reads what a run left in Kafka. Every method blocks; call it in a thread."""

    def __init__(self, bootstrap: str, *, topic: str = TOPIC, wait_s: float = 10) -> None:
        self._topic = topic
        self._bootstrap = bootstrap
        self._wait_s = wait_s

    def note(self) -> Positions:
        """Note where the topic ends now.

        Raises:
            WitnessUnable: Kafka did not answer, or has no such topic.
        """
        consumer = self._consumer()
        try:
            return Positions(self._ends(consumer))
        except KafkaException as error:
            raise self._unable(error) from error
        finally:
            consumer.close()

    def read(self, since: Positions) -> list[Witnessed]:
        """Read every message that was created between the noted positions and now.

        Raises:
            WitnessUnable: Kafka did not give all of it within the wait.
        """
        consumer = self._consumer()
        try:
            ends = self._ends(consumer)
            left = {partition for partition, end in ends.items() if end > since.ends.get(partition, 0)}
            consumer.assign([TopicPartition(self._topic, number, since.ends.get(number, 0)) for number in left])
            return self._read_up_to(consumer, ends, left)
        except KafkaException as error:
            raise self._unable(error) from error
        finally:
            consumer.close()

    def _read_up_to(self, consumer: Consumer, ends: dict[int, int], left: set[int]) -> list[Witnessed]:
        witnessed = []
        deadline = time.monotonic() + self._wait_s
        while left:
            if time.monotonic() > deadline:
                message = f"partitions {sorted(left)} of {self._topic} were not read within {self._wait_s} s"
                raise WitnessUnable(message)
            for record in consumer.consume(num_messages=1000, timeout=0.5):
                if record.error() is not None:
                    raise self._unable(record.error())
                if (found := _witnessed(record)) is not None:
                    witnessed.append(found)
                partition, offset = record.partition(), record.offset()
                if partition is not None and offset is not None and offset + 1 >= ends[partition]:
                    left.discard(partition)
        return witnessed

    def _ends(self, consumer: Consumer) -> dict[int, int]:
        topic = consumer.list_topics(self._topic, timeout=self._wait_s).topics[self._topic]
        if topic.error is not None:
            raise self._unable(topic.error)
        return {
            number: consumer.get_watermark_offsets(TopicPartition(self._topic, number), timeout=self._wait_s)[1]
            for number in topic.partitions
        }

    def _consumer(self) -> Consumer:
        return Consumer(
            {
                "bootstrap.servers": self._bootstrap,
                # The library wants a name, but no group is ever joined: partitions are assigned, nothing is committed.
                "group.id": "veigo-witness",
                "enable.auto.commit": False,
                "allow.auto.create.topics": False,
                "log_level": 0,
            },
        )

    def _unable(self, error: object) -> WitnessUnable:
        return WitnessUnable(f"Kafka at {self._bootstrap} could not be read ({error}); see `veigo logs kafka`")


def _witnessed(record: Any) -> Witnessed | None:  # noqa: ANN401 - confluent-kafka has no types
    kind, at_ms = record.timestamp()
    return message_of(
        record.value(),
        appended_ms=at_ms if kind == TIMESTAMP_LOG_APPEND_TIME else None,
        partition=record.partition(),
        offset=record.offset(),
    )


def message_of(value: bytes | None, *, appended_ms: int | None, partition: int, offset: int) -> Witnessed | None:
    """Read one record; None for a tombstone and for everything that is no newly created message."""
    if value is None:
        return None
    change = _change.decode(value)
    if change.after is None or change.op not in {"c", "r"} or change.after.type != "message.created":
        return None
    return Witnessed(
        message_id=_message.decode(change.after.payload).id,
        room=change.after.room_id,
        sequence=change.after.sequence,
        committed_us=change.source.ts_us,
        appended_ms=appended_ms,
        partition=partition,
        offset=offset,
    )
