"""Rows of PostgreSQL as the records Debezium would have made of them: the same key, envelope and texts. Pure.

A replayed record says so: ``op`` is ``r`` (read, not captured) and ``source.snapshot`` is ``incremental``, as in a
snapshot Debezium takes while it streams. Consumers know both, and know a row by its sequence or version.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.partitioner import murmur2

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """A captured table.

    Attributes:
        connector: who captures it.
        name: what it is called in ``public``.
        key: the columns of a record's key.
        columns: all that leave the database, in the table's order.
        times: those of them that hold a time.
        grows: the columns by which a newer row is known from an older one; empty where all of a row is compared.
    """

    connector: str
    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    times: frozenset[str]
    grows: tuple[str, ...] = ()

    @property
    def topic(self) -> str:
        """Where its records are."""
        return f"{self.connector}.public.{self.name}"

    def key_of(self, row: Row) -> tuple[str, ...]:
        """What tells one row from another."""
        return tuple(str(row[column]) for column in self.key)


EVENTS = Table(
    "chat",
    "room_events",
    ("room_id",),
    ("room_id", "sequence", "type", "payload", "traceparent", "created_at"),
    frozenset({"created_at"}),
)
STATES = (
    Table(
        "chat",
        "profiles",
        ("id",),
        ("id", "photo_path", "name", "about", "created_at", "updated_at", "deleted_at"),
        frozenset({"created_at", "updated_at", "deleted_at"}),
    ),
    Table(
        "chat",
        "read_marks",
        ("room_id", "member_id"),
        ("room_id", "member_id", "sequence", "number", "updated_at"),
        frozenset({"updated_at"}),
        grows=("sequence", "number"),
    ),
    Table(
        "authentication",
        "sessions",
        ("id",),
        ("id", "account_id", "client_id", "version", "revoked_at", "created_at", "updated_at"),
        frozenset({"revoked_at", "created_at", "updated_at"}),
        grows=("version",),
    ),
)


def key_bytes(table: Table, row: Row) -> bytes:
    """A record's key, to the byte what Connect writes: the partition depends on it."""
    return json.dumps({column: str(row[column]) for column in table.key}, separators=(",", ":")).encode()


def partition_of(key: bytes, partitions: int) -> int:
    """The partition that Kafka's own producer gives a key."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


def value_bytes(table: Table, row: Row | None, *, gone: Row | None = None, lsn: int, at_us: int, now_us: int) -> bytes:
    """A record's value: a row as it is read, or (``gone``) the key of one that is no longer there.

    Args:
        table: whose row it is.
        row: its columns, times as ISO 8601 in UTC.
        gone: the key of a row that was deleted.
        lsn: a place in PostgreSQL's log that what the row says is not younger than.
        at_us: when it was committed, as far as the row knows.
        now_us: now.
    """
    source = {
        "version": "3.7.0.Final",
        "connector": "postgresql",
        "name": table.connector,
        "ts_ms": at_us // 1_000,
        "snapshot": "incremental",
        "db": {"chat": "chat_db", "authentication": "auth_db"}[table.connector],
        "sequence": json.dumps([str(lsn), str(lsn)]),
        "ts_us": at_us,
        "ts_ns": at_us * 1_000,
        "schema": "public",
        "table": table.name,
        "txId": None,
        "lsn": lsn,
        "xmin": None,
    }
    envelope = {
        "before": None if gone is None else dict(gone),
        "after": None if row is None else {column: row[column] for column in table.columns},
        "source": source,
        "transaction": None,
        "op": "r" if row is not None else "d",
        "ts_ms": now_us // 1_000,
        "ts_us": now_us,
        "ts_ns": now_us * 1_000,
    }
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def is_newer(table: Table, row: Row, captured: Row | None) -> bool:
    """Whether the database's row says something that the newest captured one does not."""
    if captured is None:
        return True
    if table.grows:
        return [row[column] for column in table.grows] > [captured[column] for column in table.grows]
    return _said(table, row) != _said(table, captured)


def _said(table: Table, row: Row) -> list[object]:
    """What a row says, of its times only whether they are there: Debezium writes the same one in other digits."""
    return [row.get(column) is None if column in table.times else row.get(column) for column in table.columns]


def absent(first: int, last: int, captured: Iterable[int]) -> list[int]:
    """Sequences of a room's log that were not captured."""
    return sorted(set(range(first, last + 1)) - set(captured))
