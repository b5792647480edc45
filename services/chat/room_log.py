"""The log of a room, written in the transaction that changes the room (docs/decisions/0002).

Each change takes the room's next sequences under the room's row lock, so sequence order, commit order and the order in
the database's own log are one, and appends one event for each to `room_events`.
"""

import json
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING

from services.chat.authorization import MembershipMoved
from services.chat.rooms import Room

if TYPE_CHECKING:  # generic in the type stubs only
    import asyncpg

    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]


async def locked(connection: "Connection", room_id: uuid.UUID, version: int) -> Room:
    """Return a room, locked until the transaction ends.

    Raises:
        MembershipMoved: its membership version is not `version` any more.
    """
    row = await connection.fetchrow(
        "SELECT * FROM rooms WHERE id = $1 AND membership_version = $2 FOR NO KEY UPDATE", room_id, version
    )
    if row is None:
        raise MembershipMoved
    return Room(**row)


async def append(
    connection: "Connection",
    room_id: uuid.UUID,
    sequence: int,
    event: str,
    payload: Mapping[str, object],
    traceparent: str | None,
) -> None:
    """Append one event at a sequence that was taken."""
    await connection.execute(
        "INSERT INTO room_events (room_id, sequence, type, payload, traceparent) VALUES ($1, $2, $3, $4, $5)",
        room_id,
        sequence,
        event,
        json.dumps(payload),
        traceparent,
    )
