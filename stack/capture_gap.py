"""What is missing in Kafka: the room log in PostgreSQL held against the topic, since a moment."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable

from stack import connectors, postgres
from stack.capture_rules import Facts, Position
from stack.capture_tail import CaptureTail, Event
from veigo.stack.alarms import ROOMS_KEPT_MAX, Gap, ranges_of
from veigo.stack.stack import Stack

ANSWER_WITHIN_S = 10.0
OVERLAP_US = 30_000_000  # a transaction writes the time it began at, and commits later
IN_FLIGHT_S = 1.5  # what is on its way while capture works has arrived by then
EVENTS = "SELECT room_id::text, sequence FROM room_events WHERE created_at >= to_timestamp($1 / 1e6)"
# Tables of which no log is kept: what changed may have been captured or not.
CHANGED = {
    "chat": ("profiles", "read_marks"),
    "authentication": ("sessions",),
}


async def committed_since(stack: Stack, since_us: int) -> tuple[list[Event], int]:
    """The events of all rooms that were written since a moment, and where PostgreSQL's log ended afterwards."""
    connection = await postgres.connect(stack, connectors.DATABASES["chat"])
    try:
        rows = await connection.fetch(EVENTS, since_us, timeout=ANSWER_WITHIN_S)
        log_end_lsn = await connection.fetchval("SELECT pg_current_wal_insert_lsn()", timeout=ANSWER_WITHIN_S)
    finally:
        await connection.close()
    return [(row["room_id"], row["sequence"]) for row in rows], log_end_lsn


async def measured(stack: Stack, facts: Facts, known: Position) -> Gap:
    """What a connector did not bring since its last known position.

    Raises:
        KafkaException, OSError, asyncpg.PostgresError: one side does not answer.
    """
    since_us = known.at_us - OVERLAP_US
    missing: list[Event] = []
    if facts.connector == "chat":
        committed, _ = await committed_since(stack, since_us)
        await asyncio.sleep(IN_FLIGHT_S)
        captured = await asyncio.to_thread(_captured_since, stack.addresses_of("kafka"), since_us - OVERLAP_US)
        missing = [event for event in committed if event not in captured]
    slot = facts.slot
    begins_lsn = slot.confirmed_lsn if slot is not None and slot.wal_status != "lost" else facts.log_end_lsn
    changed = await _changed_since(stack, facts.connector, known.at_us)
    return gap_of(missing, known.lsn, max(begins_lsn, known.lsn), changed)


def gap_of(missing: Iterable[Event], from_lsn: int, to_lsn: int, changed: dict[str, int]) -> Gap:
    """Put missing events together by room."""
    by_room: defaultdict[str, list[int]] = defaultdict(list)
    for room, sequence in sorted(missing):
        by_room[room].append(sequence)
    events = sum(map(len, by_room.values()))
    rooms = {room: ranges_of(numbers) for room, numbers in list(by_room.items())[:ROOMS_KEPT_MAX]}
    return Gap(from_lsn, to_lsn, rooms, events, changed)


def _captured_since(bootstrap: str, since_us: int) -> set[Event]:
    with CaptureTail(bootstrap, since_us) as tail:
        tail.read()
        return set(tail.events)


async def _changed_since(stack: Stack, connector: str, since_us: int) -> dict[str, int]:
    connection = await postgres.connect(stack, connectors.DATABASES[connector])
    try:
        query = "SELECT count(*) FROM {} WHERE updated_at > to_timestamp($1 / 1e6)"  # the names are ours
        return {table: await connection.fetchval(query.format(table), since_us) for table in CHANGED[connector]}
    finally:
        await connection.close()
