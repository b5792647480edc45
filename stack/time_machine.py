"""What only time does to a room's log, done at once by PostgreSQL's superuser: for tests of what comes of it."""

import json
import uuid
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import asyncpg

if TYPE_CHECKING:  # generic in the type stubs only
    Connection = asyncpg.Connection[asyncpg.Record]


TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"  # not sampled


class TimeMachine:
    """A connection to chat's database."""

    def __init__(self, address: str, password: str) -> None:
        """Connect to PostgreSQL at `address` (host:port) as its superuser, when entered."""
        self._dsn = f"postgresql://veigo:{password}@{address}/chat_db"
        self._connection: Connection

    async def __aenter__(self) -> Self:
        """Connect."""
        self._connection = await asyncpg.connect(self._dsn)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Close."""
        await self._connection.close()

    async def forget(self, room: str, up_to: int) -> None:
        """Take a room's first events away, as retention does when they are old."""
        async with self._connection.transaction():
            await self._connection.execute("UPDATE rooms SET log_horizon = $2 WHERE id = $1", uuid.UUID(room), up_to)
            await self._connection.execute(
                "DELETE FROM room_events WHERE room_id = $1 AND sequence <= $2", uuid.UUID(room), up_to
            )

    async def write_event(self, room: str, kind: str, payload: dict[str, Any]) -> int:
        """Write an event of any type into a room's log, as a later version may; its sequence."""
        sequence: int = await self._connection.fetchval(
            """WITH position AS (
                   UPDATE rooms SET last_sequence = last_sequence + 1 WHERE id = $1 RETURNING id, last_sequence)
               INSERT INTO room_events (room_id, sequence, type, payload, traceparent)
               SELECT id, last_sequence, $2, $3::jsonb, $4 FROM position RETURNING sequence""",
            uuid.UUID(room),
            kind,
            json.dumps(payload),
            TRACEPARENT,
        )
        return sequence
