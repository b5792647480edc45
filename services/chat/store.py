"""All SQL of chat. Every method is one transaction; nothing here decides.

Each change of a room takes the room's next sequences and appends one event for each to `room_events`, in the
transaction that changes the state (docs/decisions/0002).
"""

import json
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

import asyncpg

from services.chat.authorization import MembershipMoved
from services.chat.messages import Message, NewMessage
from services.chat.profiles import NewProfile, Profile
from services.chat.rooms import Member, NewRoom, Room

if TYPE_CHECKING:  # generic in the type stubs only
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]


class AlreadyThere(Exception):  # noqa: N818 - an answer, not an error
    """A row with this key exists."""


class UnknownPeople(Exception):  # noqa: N818 - an answer, not an error
    """Somebody named has no profile."""


# One statement, so one round trip and one transaction: the room's row lock, the message and its event.
_APPEND_MESSAGE = """
    WITH position AS (
        UPDATE rooms SET last_sequence = last_sequence + 1
        WHERE id = $1 AND membership_version = $2 RETURNING last_sequence
    ), message AS (
        INSERT INTO messages (id, room_id, sender_id, content, sequence)
        SELECT $3, $1, $4, $5, last_sequence FROM position RETURNING *
    ), event AS (
        INSERT INTO room_events (room_id, sequence, type, payload, traceparent)
        SELECT room_id, sequence, 'message.created',
               jsonb_build_object('id', id, 'senderId', sender_id, 'content', content), $6
        FROM message
    )
    SELECT * FROM message"""


class Store:
    """Profiles, rooms, members and messages in PostgreSQL."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def create_profile(self, profile_id: uuid.UUID, profile: NewProfile) -> Profile:
        """Insert a profile.

        Raises:
            AlreadyThere: this account has one.
        """
        try:
            row = await self._pool.fetchrow(
                "INSERT INTO profiles (id, name, about, photo_path) VALUES ($1, $2, $3, $4) RETURNING *",
                profile_id,
                profile.name,
                profile.about,
                profile.photo_path,
            )
        except asyncpg.UniqueViolationError:
            raise AlreadyThere from None
        return Profile(**_returned(row))

    async def profile(self, profile_id: uuid.UUID) -> Profile | None:
        """Return a profile."""
        row = await self._pool.fetchrow("SELECT * FROM profiles WHERE id = $1", profile_id)
        return Profile(**row) if row else None

    async def create_room(
        self, creator: uuid.UUID, room: NewRoom, traceparent: str | None
    ) -> tuple[Room, list[Member]]:
        """Insert a room with its members; its log begins with the room's creation and one event per member.

        Raises:
            UnknownPeople: a member has no profile.
        """
        last_sequence = 1 + len(room.members)
        created = {"name": room.name, "type": room.type, "privacy": room.privacy, "creatorId": str(creator)}
        optional = {"description": room.description, "photoPath": room.photo_path}
        created |= {name: value for name, value in optional.items() if value is not None}
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                """INSERT INTO rooms
                       (name, description, photo_path, type, privacy, last_sequence, membership_version)
                   VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING *""",
                room.name,
                room.description,
                room.photo_path,
                room.type,
                room.privacy,
                last_sequence,
            )
            stored = Room(**_returned(row))
            await connection.execute(
                """INSERT INTO room_events (room_id, sequence, type, payload, traceparent)
                   VALUES ($1, 1, 'room.created', $2, $3)""",
                stored.id,
                json.dumps(created),
                traceparent,
            )
            members = await _insert_members(connection, stored.id, room.members, 1, traceparent)
        return stored, members

    async def add_members(
        self, room_id: uuid.UUID, version: int, people: Sequence[uuid.UUID], traceparent: str | None
    ) -> list[Member]:
        """Insert those who are not members yet, and return their memberships.

        Raises:
            MembershipMoved: the room's membership version is not `version` any more.
            UnknownPeople: one of them has no profile.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            last_sequence = await connection.fetchval(
                "SELECT last_sequence FROM rooms WHERE id = $1 AND membership_version = $2 FOR UPDATE", room_id, version
            )
            if last_sequence is None:
                raise MembershipMoved
            present = await connection.fetch(
                "SELECT member_id FROM room_members WHERE room_id = $1 AND member_id = ANY($2)", room_id, people
            )
            already = {row["member_id"] for row in present}
            new = [person for person in people if person not in already]
            if not new:
                return []
            await connection.execute(
                "UPDATE rooms SET last_sequence = $2, membership_version = $2, updated_at = now() WHERE id = $1",
                room_id,
                last_sequence + len(new),
            )
            return await _insert_members(connection, room_id, new, last_sequence, traceparent)

    async def append_message(self, message: NewMessage, version: int, traceparent: str | None) -> Message:
        """Insert a message at its room's next sequence.

        Raises:
            MembershipMoved: the room's membership version is not `version` any more.
            AlreadyThere: the message's id is taken, perhaps by an earlier send of the same message.
        """
        try:
            row = await self._pool.fetchrow(
                _APPEND_MESSAGE,
                message.room_id,
                version,
                message.id,
                message.sender_id,
                message.content,
                traceparent,
            )
        except asyncpg.UniqueViolationError:
            raise AlreadyThere from None
        if row is None:
            raise MembershipMoved
        return Message(**row)

    async def message(self, message_id: uuid.UUID) -> Message | None:
        """Return a message."""
        row = await self._pool.fetchrow("SELECT * FROM messages WHERE id = $1", message_id)
        return Message(**row) if row else None

    async def room(self, room_id: uuid.UUID) -> Room | None:
        """Return a room."""
        row = await self._pool.fetchrow("SELECT * FROM rooms WHERE id = $1", room_id)
        return Room(**row) if row else None

    async def membership_version(self, room_id: uuid.UUID) -> int | None:
        """Return the sequence of the newest change of a room's members or privacy."""
        version: int | None = await self._pool.fetchval("SELECT membership_version FROM rooms WHERE id = $1", room_id)
        return version

    async def rooms_of(self, member: uuid.UUID, after: uuid.UUID | None, limit: int) -> list[Room]:
        """Return a member's rooms, newest first (their ids are UUIDv7, which sort by age), after that id."""
        rows = await self._pool.fetch(
            """SELECT rooms.* FROM room_members JOIN rooms ON rooms.id = room_id
               WHERE member_id = $1 AND ($2::uuid IS NULL OR room_id < $2) ORDER BY room_id DESC LIMIT $3""",
            member,
            after,
            limit,
        )
        return [Room(**row) for row in rows]

    async def members_of(self, room_id: uuid.UUID, after: int | None, limit: int) -> list[Member]:
        """Return a room's members, earliest first, after that sequence."""
        rows = await self._pool.fetch(
            "SELECT * FROM room_members WHERE room_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
            room_id,
            after or 0,
            limit,
        )
        return [Member(**row) for row in rows]

    async def messages_of(self, room_id: uuid.UUID, before: int | None, limit: int) -> list[Message]:
        """Return a room's messages, newest first, before that sequence."""
        rows = await self._pool.fetch(
            """SELECT * FROM messages WHERE room_id = $1 AND ($2::bigint IS NULL OR sequence < $2)
               ORDER BY sequence DESC LIMIT $3""",
            room_id,
            before,
            limit,
        )
        return [Message(**row) for row in rows]


async def _insert_members(
    connection: "Connection", room_id: uuid.UUID, people: Sequence[uuid.UUID], after: int, traceparent: str | None
) -> list[Member]:
    """Insert memberships and their events at the sequences that follow `after`."""
    try:
        rows = await connection.fetch(
            """WITH people AS (
                   SELECT id, $3::bigint + ordinality AS sequence FROM unnest($2::uuid[]) WITH ORDINALITY AS _ (id)
               ), event AS (
                   INSERT INTO room_events (room_id, sequence, type, payload, traceparent)
                   SELECT $1, sequence, 'member.added', jsonb_build_object('memberId', id), $4 FROM people
               )
               INSERT INTO room_members (room_id, member_id, sequence)
               SELECT $1, id, sequence FROM people ORDER BY sequence RETURNING *""",
            room_id,
            people,
            after,
            traceparent,
        )
    except asyncpg.ForeignKeyViolationError:
        raise UnknownPeople from None
    return [Member(**row) for row in rows]


def _returned(row: asyncpg.Record | None) -> asyncpg.Record:
    """Return the row of an INSERT … RETURNING, which always returns one."""
    if row is None:
        raise AssertionError("INSERT … RETURNING returns its row")
    return row
