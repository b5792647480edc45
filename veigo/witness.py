"""The witness: an independent reader of Kafka, who says what was in the log whatever the services say.

It uses another client library than the services do, and no consumer group. It notes where every partition ends before
the run, and reads from there after the run, so that it costs the stack nothing while the run is measured.
"""

import time
from dataclasses import dataclass, field
from typing import Any

import msgspec
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Consumer, KafkaException, TopicPartition

from veigo.history import KafkaRead, Witnessed

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


class About(msgspec.Struct, rename="camel"):
    """What the payloads of a room's events have in common: the message, or the member, that they are about."""

    id: str | None = None
    sender_id: str | None = None
    member_id: str | None = None


_change = msgspec.json.Decoder(_Change)
_about = msgspec.json.Decoder(About)


@dataclass(frozen=True, slots=True)
class Positions:
    """Where each partition of the topic began and ended at some moment."""

    ends: dict[int, int]
    oldest: dict[int, int] = field(default_factory=dict)


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
            return self._positions(consumer)
        except KafkaException as error:
            raise self._unable(error) from error
        finally:
            consumer.close()

    def read(self, since: Positions) -> list[Witnessed | KafkaRead]:
        """Read every event of rooms' logs between the noted positions and now, and say which offsets these were.

        Raises:
            WitnessUnable: Kafka did not give all of it within the wait.
        """
        consumer = self._consumer()
        try:
            now = self._positions(consumer)
            begins = {partition: since.ends.get(partition, 0) for partition in now.ends}
            left = {partition for partition, end in now.ends.items() if end > begins[partition]}
            consumer.assign([TopicPartition(self._topic, number, begins[number]) for number in left])
            found = self._read_up_to(consumer, now.ends, left)
            went_through = [
                KafkaRead(self._topic, number, begins[number], end, now.oldest[number])
                for number, end in sorted(now.ends.items())
            ]
            return [*found, *went_through]
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

    def _positions(self, consumer: Consumer) -> Positions:
        topic = consumer.list_topics(self._topic, timeout=self._wait_s).topics[self._topic]
        if topic.error is not None:
            raise self._unable(topic.error)
        watermarks = {
            number: consumer.get_watermark_offsets(TopicPartition(self._topic, number), timeout=self._wait_s)
            for number in topic.partitions
        }
        return Positions(
            {number: end for number, (_, end) in watermarks.items()},
            {number: oldest for number, (oldest, _) in watermarks.items()},
        )

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
    return event_of(
        record.value(),
        appended_ms=at_ms if kind == TIMESTAMP_LOG_APPEND_TIME else None,
        partition=record.partition(),
        offset=record.offset(),
    )


def event_of(value: bytes | None, *, appended_ms: int | None, partition: int, offset: int) -> Witnessed | None:
    """Read one record; None for a tombstone and for what is no new event: the removal of old ones (retention)."""
    if value is None:
        return None
    change = _change.decode(value)
    if change.after is None or change.op not in {"c", "r"}:
        return None
    about = _about.decode(change.after.payload)
    return Witnessed(
        message_id=about.id if change.after.type.startswith("message.") else None,
        room=change.after.room_id,
        sequence=change.after.sequence,
        committed_us=change.source.ts_us,
        appended_ms=appended_ms,
        partition=partition,
        offset=offset,
        type=change.after.type,
        member=about.member_id,
        sender=about.sender_id,
    )
