"""All SQL about messages. Every method is one transaction; nothing here decides."""

import hashlib
import uuid
from datetime import UTC
from typing import TYPE_CHECKING

import asyncpg

from services.chat import room_log
from services.chat.authorization import MembershipMoved
from services.chat.messages import Message, NewMessage, Rewrite, present

if TYPE_CHECKING:  # generic in the type stubs only
    Pool = asyncpg.Pool[asyncpg.Record]


class MessageExists(Exception):  # noqa: N818 - an answer, not an error
    """The message's id is taken, perhaps by an earlier send of the same message."""


# One statement, so one round trip and one transaction: the room's row lock, the message and its event.
_APPEND = """
    WITH position AS (
        UPDATE rooms SET last_sequence = last_sequence + 1, message_count = message_count + 1, changed_at = now()
        WHERE id = $1 AND membership_version = $2 RETURNING last_sequence, message_count
    ), message AS (
        INSERT INTO messages (id, room_id, sender_id, content, sequence, revision, number, sent_digest)
        SELECT $3, $1, $4, $5, last_sequence, last_sequence, message_count, $7 FROM position RETURNING *
    ), event AS (
        INSERT INTO room_events (room_id, sequence, type, payload, traceparent)
        SELECT room_id, sequence, 'message.created',
               jsonb_build_object('id', id, 'senderId', sender_id, 'content', content, 'number', number), $6
        FROM message
    )
    SELECT * FROM message"""


class MessageStore:
    """Messages in PostgreSQL."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def append(self, message: NewMessage, version: int, traceparent: str | None) -> Message:
        """Insert a message at its room's next sequence.

        Raises:
            MembershipMoved: the room's membership version is not `version` any more.
            MessageExists: the message's id is taken.
        """
        try:
            row = await self._pool.fetchrow(
                _APPEND,
                message.room_id,
                version,
                message.id,
                message.sender_id,
                message.content,
                traceparent,
                hashlib.sha256(message.content.encode()).digest(),
            )
        except asyncpg.UniqueViolationError:
            raise MessageExists from None
        if row is None:
            raise MembershipMoved
        return Message(**row)

    async def message(self, message_id: uuid.UUID) -> Message | None:
        """Return a message, a deleted one too."""
        row = await self._pool.fetchrow("SELECT * FROM messages WHERE id = $1", message_id)
        return Message(**row) if row else None

    async def rewrite(
        self, room_id: uuid.UUID, version: int, message_id: uuid.UUID, rewrite: Rewrite, traceparent: str | None
    ) -> tuple[Message, Message]:
        """Put `rewrite` of a message in its place, and an event for it at the room's next sequence.

        Returns:
            The message as it was and as it is now. The same twice when the rewrite changes nothing; then nothing is
            written.

        Raises:
            MembershipMoved: the room's membership version is not `version` any more.
            Problem: what `rewrite` refuses.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            room = await room_log.locked(connection, room_id, version)
            row = await connection.fetchrow(
                "SELECT * FROM messages WHERE id = $1 AND room_id = $2 FOR NO KEY UPDATE", message_id, room_id
            )
            stored = present(Message(**row) if row else None)
            wanted = rewrite(stored)
            if wanted == stored:
                return stored, stored
            sequence = room.last_sequence + 1
            await connection.execute(
                "UPDATE rooms SET last_sequence = $2, changed_at = now() WHERE id = $1", room_id, sequence
            )
            await connection.execute(
                "UPDATE messages SET content = $2, deleted_at = $3, revision = $4, updated_at = now() WHERE id = $1",
                message_id,
                wanted.content,
                wanted.deleted_at,
                sequence,
            )
            row = await connection.fetchrow("SELECT * FROM messages WHERE id = $1", message_id)
            event = "message.edited" if wanted.deleted_at is None else "message.deleted"
            await room_log.append(connection, room_id, sequence, event, _told(wanted), traceparent)
        assert row is not None, "the row is locked"
        return stored, Message(**row)

    async def page(self, room_id: uuid.UUID, before: int | None, limit: int) -> list[Message]:
        """Return a room's messages without the deleted ones, newest first, before that sequence."""
        rows = await self._pool.fetch(
            """SELECT * FROM messages WHERE room_id = $1 AND ($2::bigint IS NULL OR sequence < $2)
               AND deleted_at IS NULL ORDER BY sequence DESC LIMIT $3""",
            room_id,
            before,
            limit,
        )
        return [Message(**row) for row in rows]


def _told(message: Message) -> dict[str, object]:
    """Return what the event of an edit or a deletion says: where the message itself stands, and its new words."""
    told: dict[str, object] = {
        "id": str(message.id),
        "senderId": str(message.sender_id),
        "messageSequence": message.sequence,
        "messageCreatedAt": message.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "number": message.number,
    }
    return told if message.deleted_at is not None else told | {"content": message.content}
