"""Puts what is missing into the topics, in order: each room's events as its log has them."""

import time
from typing import TYPE_CHECKING

from stack.captured_topics import CapturedTopics
from stack.missing import Missing
from stack.replayed import EVENTS, Table, key_bytes, value_bytes
from veigo.stack.problem import StackError

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message

SENT_WITHIN_S = 120.0


class Replay:
    """One way into the topics. Blocks: use it in a thread."""

    def __init__(self, bootstrap: str, captured: CapturedTopics) -> None:
        from confluent_kafka import Producer

        # Idempotent: in order and once, also when an acknowledgement is lost.
        settings = {"enable.idempotence": True, "acks": "all", "linger.ms": 5, "log_level": 0}
        self._producer: Producer = Producer({"bootstrap.servers": bootstrap, **settings})
        self._captured = captured
        self._failed: list[KafkaError] = []

    def send(self, missing: Missing) -> None:
        """Send everything, and wait until Kafka has it.

        Raises:
            StackError: Kafka did not take all of it; what it took is found the next time.
        """
        for rows in missing.events.values():
            for row in rows:
                key = key_bytes(EVENTS, row)
                value = value_bytes(EVENTS, row, lsn=missing.lsn, at_us=row["at_us"], now_us=_now_us())
                self._produce(EVENTS, key, value, self._captured.partition_of(key))
        for table, row in missing.rows:
            now_us = _now_us()
            value = value_bytes(table, row, lsn=missing.lsn, at_us=now_us, now_us=now_us)
            self._produce(table, key_bytes(table, row), value, 0)
        for table, key_columns in missing.gone:
            now_us = _now_us()
            value = value_bytes(table, None, gone=key_columns, lsn=missing.lsn, at_us=now_us, now_us=now_us)
            self._produce(table, key_bytes(table, key_columns), value, 0)
        left = self._producer.flush(SENT_WITHIN_S)
        if left or self._failed:
            why = self._failed[0].str() if self._failed else f"{left:,} records are not acknowledged"
            raise StackError(f"Kafka did not take what was replayed ({why}); run `veigo repair` again")

    def _produce(self, table: Table, key: bytes, value: bytes, partition: int) -> None:
        deadline = time.monotonic() + SENT_WITHIN_S
        while True:
            try:
                self._producer.produce(table.topic, value, key, partition, on_delivery=self._delivered)
            except BufferError:  # full: wait for some to be acknowledged
                if time.monotonic() > deadline:
                    why = f"none of what was sent was acknowledged within {SENT_WITHIN_S:g} s"
                    raise StackError(
                        f"Kafka did not take what was replayed ({why}); run `veigo repair` again"
                    ) from None
                self._producer.poll(1.0)
            else:
                self._producer.poll(0)
                return

    def _delivered(self, error: "KafkaError | None", _: "Message") -> None:
        if error is not None:
            self._failed.append(error)


def _now_us() -> int:
    return time.time_ns() // 1_000
