"""The SQL that reads rooms' logs and forgets their beginnings. Every method is one transaction; nothing decides."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.chat.rooms import Room

if TYPE_CHECKING:  # generic in the type stubs only
    import asyncpg

    Pool = asyncpg.Pool[asyncpg.Record]


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event of a room's log, in the very texts that change capture carries."""

    sequence: int
    type: str
    payload: str
    created_at: str
    traceparent: str | None


class LogStore:
    """Rooms' logs in PostgreSQL."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def read(self, room_id: uuid.UUID, after: int, limit: int) -> tuple[Room, list[LoggedEvent]] | None:
        """Return a room and its events after a sequence, oldest first, as one snapshot shows them."""
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            room = await connection.fetchrow("SELECT * FROM rooms WHERE id = $1", room_id)
            if room is None:
                return None
            rows = await connection.fetch(
                """SELECT sequence, type, payload::text AS payload, traceparent,
                          to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at
                   FROM room_events WHERE room_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3""",
                room_id,
                after,
                limit,
            )
        return Room(**room), [LoggedEvent(**row) for row in rows]

    async def old_beginnings(self, kept_s: float, limit: int) -> list[tuple[uuid.UUID, int]]:
        """Return rooms with events older than `kept_s`, and the newest sequence among those of each."""
        rows = await self._pool.fetch(
            """SELECT room_id, max(sequence) AS up_to FROM room_events
               WHERE created_at < now() - make_interval(secs => $1) GROUP BY room_id LIMIT $2""",
            kept_s,
            limit,
        )
        return [(row["room_id"], row["up_to"]) for row in rows]

    async def forget(self, room_id: uuid.UUID, up_to: int, limit: int) -> int:
        """Delete the first `limit` events of a room at most, none after `up_to`; return how many that were.

        The horizon moves in the same transaction, so that nobody resumes across what is gone.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT FROM rooms WHERE id = $1 FOR NO KEY UPDATE", room_id)
            first = await connection.fetchval("SELECT min(sequence) FROM room_events WHERE room_id = $1", room_id)
            if first is None or first > up_to:  # another replica was here
                return 0
            last = min(up_to, first + limit - 1)
            await connection.execute("UPDATE rooms SET log_horizon = $2 WHERE id = $1", room_id, last)
            status = await connection.execute(
                "DELETE FROM room_events WHERE room_id = $1 AND sequence <= $2", room_id, last
            )
        return int(status.rpartition(" ")[2])
