"""What PostgreSQL holds and the topics of change capture do not: events of room logs, and rows of the other tables."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stack import connectors, postgres
from stack.captured_topics import CapturedTopics
from stack.replayed import EVENTS, STATES, Row, Table, absent, is_newer, key_bytes
from veigo.stack.alarms import Gap, ranges_of
from veigo.stack.stack import Stack

if TYPE_CHECKING:
    import asyncpg

ANSWER_WITHIN_S = 120.0
TIME = """to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS {0}"""
LOGS = "SELECT room_id::text AS room_id, min(sequence) AS first, max(sequence) AS last FROM room_events GROUP BY 1"
PREFETCHED = 1_000
UUIDS = {"account_id": "account_id::text AS account_id"}  # beside the keys
SWEPT = "SELECT id::text AS room_id, log_horizon AS horizon FROM rooms WHERE log_horizon > 0"


@dataclass
class Missing:
    """What never reached Kafka.

    Attributes:
        lsn: a place in the log that nothing here is older than and every later change is younger than.
        events: rows by room, each room's in order.
        rows: other tables' rows, with the table.
        gone: keys of rows that were deleted, with the table.
        swept: room id → sequences that the room's log no longer has either.
    """

    lsn: int = 0
    events: dict[str, list[Row]] = field(default_factory=dict)
    rows: list[tuple[Table, Row]] = field(default_factory=list)
    gone: list[tuple[Table, Row]] = field(default_factory=list)
    swept: dict[str, list[int]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is that can be put in."""
        return bool(self.events or self.rows or self.gone)

    def of(self, names: Collection[str]) -> "Missing":
        """What is missing of the tables that these connectors capture."""
        chat = EVENTS.connector in names
        return Missing(
            self.lsn,
            self.events if chat else {},
            [(table, row) for table, row in self.rows if table.connector in names],
            [(table, row) for table, row in self.gone if table.connector in names],
            self.swept if chat else {},
        )

    def still(self, captured: CapturedTopics) -> "Missing":
        """What of it has not been captured meanwhile."""
        events = {
            room: [row for row in rows if row["sequence"] not in captured.rooms.get(room, ())]
            for room, rows in self.events.items()
        }
        told = captured.rows
        return Missing(
            self.lsn,
            {room: rows for room, rows in events.items() if rows},
            [(table, row) for table, row in self.rows if is_newer(table, row, told[table.name].get(table.key_of(row)))],
            [(table, row) for table, row in self.gone if told[table.name].get(table.key_of(row)) is not None],
            self.swept,
        )

    @property
    def gap(self) -> Gap:
        """What is missing, as an alarm says it."""
        rooms = {room: ranges_of(row["sequence"] for row in rows) for room, rows in self.events.items()}
        tables: dict[str, int] = {}
        for table, _ in (*self.rows, *self.gone):
            tables[table.name] = tables.get(table.name, 0) + 1
        return Gap(rooms=rooms, events=sum(map(len, self.events.values())), rows=tables, certain=True)


async def missing(stack: Stack, captured: CapturedTopics) -> Missing:
    """Hold both databases against what was captured; each in one snapshot."""
    found = Missing()
    connection = await postgres.connect(stack, connectors.DATABASES["chat"])
    try:
        found.lsn = await connection.fetchval("SELECT pg_current_wal_insert_lsn()")
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await _events(connection, captured, found)
            await _swept(connection, captured, found)
            await _rows(connection, "chat", captured, found)
    finally:
        await connection.close()
    connection = await postgres.connect(stack, connectors.DATABASES["authentication"])
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await _rows(connection, "authentication", captured, found)
    finally:
        await connection.close()
    return found


async def _events(connection: "asyncpg.Connection[asyncpg.Record]", captured: CapturedTopics, found: Missing) -> None:
    columns = _columns(EVENTS, {"payload": "payload::text AS payload", "room_id": "room_id::text AS room_id"})
    for log in map(dict, await connection.fetch(LOGS, timeout=ANSWER_WITHIN_S)):
        room = log["room_id"]
        sequences = absent(log["first"], log["last"], captured.rooms.get(room, ()))
        if not sequences:
            continue
        records = await connection.fetch(
            f"SELECT {columns}, (extract(epoch FROM created_at) * 1e6)::bigint AS at_us FROM room_events "  # noqa: S608
            "WHERE room_id = $1::text::uuid AND sequence = ANY($2::bigint[]) ORDER BY sequence",
            room,
            sequences,
            timeout=ANSWER_WITHIN_S,
        )
        # What was captured once and has expired since is not missing.
        rows: list[Row] = [dict(record) for record in records]
        kept_since_us = captured.kept_since_us(key_bytes(EVENTS, log))
        owed = [row for row in rows if row["at_us"] >= kept_since_us]
        if owed:
            found.events[room] = owed


async def _swept(connection: "asyncpg.Connection[asyncpg.Record]", captured: CapturedTopics, found: Missing) -> None:
    """Note what retention took from a room's log before it was captured; a partition that expired cannot tell."""
    for room in map(dict, await connection.fetch(SWEPT, timeout=ANSWER_WITHIN_S)):
        if captured.has_expired(key_bytes(EVENTS, room)):
            continue
        sequences = absent(1, room["horizon"], captured.rooms.get(room["room_id"], ()))
        if sequences:
            found.swept[room["room_id"]] = sequences


async def _rows(
    connection: "asyncpg.Connection[asyncpg.Record]", connector: str, captured: CapturedTopics, found: Missing
) -> None:
    for table in (each for each in STATES if each.connector == connector):
        told, there = captured.rows[table.name], set()
        texts = {column: f"{column}::text AS {column}" for column in table.key}
        query = f"SELECT {_columns(table, texts | UUIDS)} FROM {table.name}"  # noqa: S608 - the names are ours
        async for record in connection.cursor(query, prefetch=PREFETCHED, timeout=ANSWER_WITHIN_S):
            row = dict(record)
            there.add(table.key_of(row))
            if is_newer(table, row, told.get(table.key_of(row))):
                found.rows.append((table, row))
        if table.name == "sessions":  # of the other tables no row is deleted by itself
            gone = [key for key, row in told.items() if row is not None and key not in there]
            found.gone += [(table, dict(zip(table.key, key, strict=True))) for key in gone]


def _columns(table: Table, said: dict[str, str]) -> str:
    times = {column: TIME.format(column) for column in table.times}
    return ", ".join(times.get(column) or said.get(column, column) for column in table.columns)
