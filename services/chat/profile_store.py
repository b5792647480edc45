"""All SQL about profiles. Every method is one transaction; nothing here decides."""

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from services.chat.profiles import NewProfile, Profile, ProfileChange

if TYPE_CHECKING:  # generic in the type stubs only
    import asyncpg

    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]

DELETED_NAME = "Deleted account"


class ProfileExists(Exception):  # noqa: N818 - an answer, not an error
    """This account has a profile, or had one."""


class UnknownPeople(Exception):  # noqa: N818 - an answer, not an error
    """Somebody named has no profile, or not any more."""


class ProfileStore:
    """Profiles in PostgreSQL. A deleted one keeps its row, because messages point at it, and nothing personal."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def create(self, profile_id: uuid.UUID, profile: NewProfile) -> Profile:
        """Insert a profile.

        Raises:
            ProfileExists: this account has one, or had one.
        """
        row = await self._pool.fetchrow(
            """INSERT INTO profiles (id, name, about, photo_path) VALUES ($1, $2, $3, $4)
               ON CONFLICT DO NOTHING RETURNING *""",
            profile_id,
            profile.name,
            profile.about,
            profile.photo_path,
        )
        if row is None:
            raise ProfileExists
        return Profile(**row)

    async def profile(self, profile_id: uuid.UUID) -> Profile | None:
        """Return a profile, unless it was deleted."""
        row = await self._pool.fetchrow("SELECT * FROM profiles WHERE id = $1 AND deleted_at IS NULL", profile_id)
        return Profile(**row) if row else None

    async def update(self, profile_id: uuid.UUID, change: ProfileChange) -> Profile | None:
        """Change a profile and return it; one that the change leaves as it is, is not written."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                "SELECT * FROM profiles WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE", profile_id
            )
            if row is None:
                return None
            stored = Profile(**row)
            wanted = change.of(stored)
            if wanted == stored:
                return stored
            row = await connection.fetchrow(
                """UPDATE profiles SET name = $2, about = $3, photo_path = $4, updated_at = now()
                   WHERE id = $1 RETURNING *""",
                profile_id,
                wanted.name,
                wanted.about,
                wanted.photo_path,
            )
        return Profile(**row) if row else None

    async def delete(self, profile_id: uuid.UUID) -> Profile | None:
        """Empty a profile for good, and return it as it was; one that was deleted before, as it is."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow("SELECT * FROM profiles WHERE id = $1 FOR NO KEY UPDATE", profile_id)
            if row is None:
                return None
            if row["deleted_at"] is None:
                await connection.execute(
                    """UPDATE profiles
                       SET name = $2, about = '', photo_path = NULL, deleted_at = now(), updated_at = now()
                       WHERE id = $1""",
                    profile_id,
                    DELETED_NAME,
                )
        return Profile(**row)


async def require(connection: "Connection", people: Sequence[uuid.UUID]) -> None:
    """Keep these people's profiles from being deleted until the transaction ends.

    Raises:
        UnknownPeople: one of them has no profile, or not any more.
    """
    there = await connection.fetchval(
        """SELECT count(*) FROM (
               SELECT FROM profiles WHERE id = ANY($1) AND deleted_at IS NULL ORDER BY id FOR SHARE) AS locked""",
        people,
    )
    if there != len(people):
        raise UnknownPeople
