"""All SQL about rooms and their members. Every method is one transaction; nothing here decides."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import asyncpg

from services.chat import profile_store, room_log
from services.chat.rooms import Member, NewRoom, Room, RoomChange, Standing

if TYPE_CHECKING:  # generic in the type stubs only
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]


class RoomStore:
    """Rooms and members in PostgreSQL."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def create(self, creator: uuid.UUID, room: NewRoom, traceparent: str | None) -> tuple[Room, list[Member]]:
        """Insert a room with its members; its log begins with the room's creation and one event per member.

        Returns:
            The room and its members; those of the room there is, when two people have a direct room already.

        Raises:
            UnknownPeople: a member has no profile.
        """
        last_sequence = 1 + len(room.members)
        created = {"name": room.name, "type": room.type, "privacy": room.privacy, "creatorId": str(creator)}
        optional = {"description": room.description, "photoPath": room.photo_path}
        created |= {name: value for name, value in optional.items() if value is not None}
        async with self._pool.acquire() as connection, connection.transaction():
            await profile_store.require(connection, room.members)
            row = await connection.fetchrow(
                """INSERT INTO rooms
                       (name, description, photo_path, type, privacy, last_sequence, membership_version, pair,
                        member_count)
                   VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8) ON CONFLICT (pair) DO NOTHING RETURNING *""",
                room.name,
                room.description,
                room.photo_path,
                room.type,
                room.privacy,
                last_sequence,
                room.pair,
                len(room.members),
            )
            if row is None:  # whoever made it first has committed: the conflict waited for that
                row = await connection.fetchrow("SELECT * FROM rooms WHERE pair = $1", room.pair)
                there = _room(row)
                return there, await _members(connection, there.id)
            stored = _room(row)
            await room_log.append(connection, stored.id, 1, "room.created", created, traceparent)
            before = replace(stored, last_sequence=1, member_count=0)
            members = await _insert_members(connection, before, room.members, traceparent)
        return stored, members

    async def update(self, room_id: uuid.UUID, version: int, change: RoomChange, traceparent: str | None) -> Room:
        """Change a room and return it; one that the change leaves as it is, is not written.

        Raises:
            MembershipMoved: the room's membership version is not `version` any more.
            Problem: what `change` refuses.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            stored = await room_log.locked(connection, room_id, version)
            wanted = change.of(stored)
            if wanted == stored:
                return stored
            sequence = stored.last_sequence + 1
            row = await connection.fetchrow(
                """UPDATE rooms SET name = $2, description = $3, photo_path = $4, privacy = $5, last_sequence = $6,
                       membership_version = CASE WHEN privacy = $5 THEN membership_version ELSE $6 END,
                       updated_at = now(), changed_at = now()
                   WHERE id = $1 RETURNING *""",
                room_id,
                wanted.name,
                wanted.description,
                wanted.photo_path,
                wanted.privacy,
                sequence,
            )
            told = {"name": wanted.name, "description": wanted.description, "photoPath": wanted.photo_path}
            if wanted.privacy != stored.privacy:
                told["privacy"] = wanted.privacy
            await room_log.append(connection, room_id, sequence, "room.updated", told, traceparent)
        return _room(row)

    async def add_members(
        self, room_id: uuid.UUID, version: int, people: Sequence[uuid.UUID], traceparent: str | None
    ) -> list[Member]:
        """Insert those who are not members yet, and return their memberships.

        Raises:
            MembershipMoved: the room's membership version is not `version` any more.
            UnknownPeople: one of them has no profile.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            await profile_store.require(connection, people)
            room = await room_log.locked(connection, room_id, version)
            present = await connection.fetch(
                "SELECT member_id FROM room_members WHERE room_id = $1 AND member_id = ANY($2)", room_id, people
            )
            already = {row["member_id"] for row in present}
            new = [person for person in people if person not in already]
            if not new:
                return []
            await _move_membership(connection, room, len(new), room.last_sequence + len(new))
            return await _insert_members(connection, room, new, traceparent)

    async def end_membership(
        self, room_id: uuid.UUID, version: int, member_id: uuid.UUID, traceparent: str | None
    ) -> tuple[Member, int] | None:
        """Delete a membership; return it with the sequence of its end, None when there is none.

        Raises:
            MembershipMoved: the room's membership version is not `version` any more.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            room = await room_log.locked(connection, room_id, version)
            row = await connection.fetchrow(
                "DELETE FROM room_members WHERE room_id = $1 AND member_id = $2 RETURNING *", room_id, member_id
            )
            if row is None:
                return None
            sequence = room.last_sequence + 1
            await _move_membership(connection, room, -1, sequence)
            told = {"memberId": str(member_id), "memberCount": room.member_count - 1}
            await room_log.append(connection, room_id, sequence, "member.removed", told, traceparent)
        return Member(**row), sequence

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

    async def standing(self, room_id: uuid.UUID, member_id: uuid.UUID) -> Standing | None:
        """Return where somebody stands in a room; None when there is no such room."""
        row = await self._pool.fetchrow(
            """SELECT room_members.member_id IS NOT NULL AS member, last_sequence,
                      coalesce(read_marks.sequence, 0) AS read
               FROM rooms
               LEFT JOIN room_members ON room_members.room_id = rooms.id AND room_members.member_id = $2
               LEFT JOIN read_marks ON read_marks.room_id = rooms.id AND read_marks.member_id = $2
               WHERE rooms.id = $1""",
            room_id,
            member_id,
        )
        return Standing(**row) if row else None

    async def mark_read(self, room_id: uuid.UUID, member_id: uuid.UUID, sequence: int) -> None:
        """Note that somebody has read a room up to a sequence; a mark further on stays."""
        await self._pool.execute(
            """INSERT INTO read_marks (room_id, member_id, sequence, number)
               SELECT $1, $2, $3, coalesce((
                   SELECT number FROM messages WHERE room_id = $1 AND sequence <= $3 ORDER BY sequence DESC LIMIT 1), 0)
               ON CONFLICT (room_id, member_id) DO UPDATE
               SET sequence = excluded.sequence, number = excluded.number, updated_at = now()
               WHERE read_marks.sequence < excluded.sequence""",
            room_id,
            member_id,
            sequence,
        )


async def _move_membership(connection: "Connection", room: Room, joined: int, sequence: int) -> None:
    await connection.execute(
        """UPDATE rooms SET last_sequence = $2, membership_version = $2, member_count = $3, updated_at = now(),
               changed_at = now()
           WHERE id = $1""",
        room.id,
        sequence,
        room.member_count + joined,
    )


async def _members(connection: "Connection", room_id: uuid.UUID) -> list[Member]:
    rows = await connection.fetch("SELECT * FROM room_members WHERE room_id = $1 ORDER BY sequence", room_id)
    return [Member(**row) for row in rows]


async def _insert_members(
    connection: "Connection", before: Room, people: Sequence[uuid.UUID], traceparent: str | None
) -> list[Member]:
    """Insert memberships and their events at the sequences that follow the room's, as it was before."""
    rows = await connection.fetch(
        """WITH people AS (
               SELECT id, ordinality AS place FROM unnest($2::uuid[]) WITH ORDINALITY AS _ (id, ordinality)
           ), event AS (
               INSERT INTO room_events (room_id, sequence, type, payload, traceparent)
               SELECT $1, $3::bigint + place, 'member.added',
                      jsonb_build_object('memberId', id, 'messageCount', $5::bigint, 'memberCount', $6::bigint + place),
                      $4
               FROM people
           )
           INSERT INTO room_members (room_id, member_id, sequence, message_count)
           SELECT $1, id, $3::bigint + place, $5::bigint FROM people ORDER BY place RETURNING *""",
        before.id,
        people,
        before.last_sequence,
        traceparent,
        before.message_count,
        before.member_count,
    )
    return [Member(**row) for row in rows]


def _room(row: asyncpg.Record | None) -> Room:
    """Return the row of a statement that always returns one."""
    assert row is not None, "INSERT … RETURNING, or what conflicted with it, returns its row"
    return Room(**row)
