"""All SQL of authentication. Every method is one transaction; nothing here decides."""

import uuid
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING

import asyncpg

from services.authentication.devices import Device, Place
from services.authentication.tokens import RefreshGrant, Session

if TYPE_CHECKING:  # generic in the type stubs only
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it is stored, while it is not deleted."""

    id: uuid.UUID
    email: str
    is_email_verified: bool
    phone: str | None
    is_phone_verified: bool
    password_hash: str
    created_at: datetime
    updated_at: datetime


class AlreadyTaken(Exception):  # noqa: N818 - an answer, not an error
    """The e-mail address or phone number belongs to an account."""


class Store:
    """Accounts, sessions and refresh tokens in PostgreSQL."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def sign_up(
        self, email: str, password_hash: str, phone: str | None, client_id: str, session: Session, refresh: RefreshGrant
    ) -> Account:
        """Insert an account with its first session.

        Raises:
            AlreadyTaken: there is an account with this e-mail address, in any case, or this phone number.
        """
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                row = await connection.fetchrow(
                    "INSERT INTO accounts (id, email, password_hash, phone) VALUES ($1, $2, $3, $4) RETURNING *",
                    session.account_id,
                    email,
                    password_hash,
                    phone,
                )
                await _insert_session(connection, session, client_id, refresh)
        except asyncpg.UniqueViolationError:
            raise AlreadyTaken from None
        if row is None:
            raise AssertionError("INSERT … RETURNING returns its row")
        return _account(row)

    async def sign_in(self, session: Session, client_id: str, refresh: RefreshGrant, password_hash: str) -> bool:
        """Insert a session and revoke the one this device had.

        Returns:
            Whether it was inserted. False means that the account's password is not `password_hash` any more.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            # The account's row makes two sign-ins of one device take turns, and a sign-in and a change of password.
            unchanged = await connection.fetchval(
                "SELECT true FROM accounts WHERE id = $1 AND password_hash = $2 FOR NO KEY UPDATE",
                session.account_id,
                password_hash,
            )
            if not unchanged:
                return False
            await connection.execute(
                f"{_REVOKE} WHERE account_id = $1 AND client_id = $2 AND revoked_at IS NULL",
                session.account_id,
                client_id,
            )
            await _insert_session(connection, session, client_id, refresh)
        return True

    async def account_by_email(self, email: str) -> Account | None:
        """Return the account with this e-mail address, in any case."""
        row = await self._pool.fetchrow("SELECT * FROM accounts WHERE lower(email) = lower($1)", email)
        return _account(row) if row else None

    async def account(self, account_id: uuid.UUID) -> Account | None:
        """Return an account, unless it was deleted."""
        row = await self._pool.fetchrow("SELECT * FROM accounts WHERE id = $1 AND deleted_at IS NULL", account_id)
        return _account(row) if row else None

    async def delete_account(self, account_id: uuid.UUID) -> Account | None:
        """Empty an account, end its sessions and forget their refresh tokens.

        Returns:
            The account as it was; None when it is deleted already.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                "SELECT * FROM accounts WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE", account_id
            )
            if row is None:
                return None
            await connection.execute(
                """UPDATE accounts
                   SET email = NULL, phone = NULL, password_hash = NULL, deleted_at = now(), updated_at = now()
                   WHERE id = $1""",
                account_id,
            )
            await connection.execute(f"{_REVOKE} WHERE account_id = $1 AND revoked_at IS NULL", account_id)
            await connection.execute(
                "DELETE FROM refresh_tokens WHERE session_id IN (SELECT id FROM sessions WHERE account_id = $1)",
                account_id,
            )
        return _account(row)

    async def devices(self, account_id: uuid.UUID, after: Place | None, limit: int) -> list[Device]:
        """Return where an account is signed in, the newest sign-in first, after that place."""
        rows = await self._pool.fetch(
            """SELECT id AS session_id, client_id, created_at AS signed_in_at FROM sessions
               WHERE account_id = $1 AND revoked_at IS NULL
                 AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
               ORDER BY created_at DESC, id DESC LIMIT $4""",
            account_id,
            after.signed_in_at if after else None,
            after.session_id if after else None,
            limit,
        )
        return [Device(**row) for row in rows]

    async def delete_expired(self, kept_s: float, limit: int) -> int:
        """Delete refresh tokens that expired more than `kept_s` ago, `limit` at most; return how many that were.

        Replicas may do it at the same time: each takes rows that no other has.
        """
        status = await self._pool.execute(
            """DELETE FROM refresh_tokens WHERE id IN (
                   SELECT id FROM refresh_tokens WHERE expires_at < now() - make_interval(secs => $1)
                   ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)""",
            kept_s,
            limit,
        )
        return _count(status)

    async def end_session(self, session_id: uuid.UUID) -> int:
        """Revoke a session; return how many that were."""
        return _count(await self._pool.execute(f"{_REVOKE} WHERE id = $1 AND revoked_at IS NULL", session_id))

    async def end_sessions(self, account_id: uuid.UUID, client_id: str | None) -> int:
        """Revoke an account's live sessions, of one device or of all; return how many that were."""
        where = "WHERE account_id = $1 AND revoked_at IS NULL AND ($2::text IS NULL OR client_id = $2)"
        return _count(await self._pool.execute(f"{_REVOKE} {where}", account_id, client_id))

    async def change_password(self, account_id: uuid.UUID, old_hash: str, new_hash: str, kept: uuid.UUID) -> int | None:
        """Replace a password and revoke the account's sessions but for `kept`.

        Returns:
            How many were revoked; None when the password is not `old_hash` any more, and nothing was changed.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            changed = await connection.fetchval(
                """UPDATE accounts SET password_hash = $3, updated_at = now()
                   WHERE id = $1 AND password_hash = $2 RETURNING true""",
                account_id,
                old_hash,
                new_hash,
            )
            if not changed:
                return None
            where = "WHERE account_id = $1 AND id <> $2 AND revoked_at IS NULL"
            return _count(await connection.execute(f"{_REVOKE} {where}", account_id, kept))

    async def live_session(self, session_id: uuid.UUID) -> Session | None:
        """Return a session unless it is unknown or revoked."""
        row = await self._pool.fetchrow(
            "SELECT id, account_id, version FROM sessions WHERE id = $1 AND revoked_at IS NULL", session_id
        )
        return Session(**row) if row else None

    async def session_of_refresh_token(self, token_id: uuid.UUID) -> Session | None:
        """Return the live session that a refresh token belongs to, whether the token was used or not."""
        row = await self._pool.fetchrow(
            """SELECT sessions.id, account_id, version FROM refresh_tokens JOIN sessions ON sessions.id = session_id
               WHERE refresh_tokens.id = $1 AND revoked_at IS NULL""",
            token_id,
        )
        return Session(**row) if row else None

    async def rotate(self, session: Session, used: uuid.UUID, fresh: RefreshGrant) -> bool:
        """Exchange a refresh token for a fresh one.

        Returns:
            Whether it was exchanged. False means it had been used before, and its session is now revoked.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            first_use = await connection.fetchval(
                "UPDATE refresh_tokens SET used_at = now() WHERE id = $1 AND used_at IS NULL RETURNING true", used
            )
            if first_use:
                await _insert_refresh_token(connection, session, fresh)
            else:
                await connection.execute(f"{_REVOKE} WHERE id = $1 AND revoked_at IS NULL", session.id)
        return bool(first_use)


_FIELDS = [field.name for field in fields(Account)]  # not deleted_at: nobody outside sees a deleted account
_REVOKE = "UPDATE sessions SET revoked_at = now(), updated_at = now(), version = version + 1"


def _account(row: asyncpg.Record) -> Account:
    return Account(**{name: row[name] for name in _FIELDS})


def _count(status: str) -> int:
    """Return the rows that PostgreSQL's command tag, such as `UPDATE 3`, speaks of."""
    return int(status.rpartition(" ")[2])


async def _insert_session(connection: "Connection", session: Session, client_id: str, refresh: RefreshGrant) -> None:
    await connection.execute(
        "INSERT INTO sessions (id, account_id, client_id, version) VALUES ($1, $2, $3, $4)",
        session.id,
        session.account_id,
        client_id,
        session.version,
    )
    await _insert_refresh_token(connection, session, refresh)


async def _insert_refresh_token(connection: "Connection", session: Session, refresh: RefreshGrant) -> None:
    await connection.execute(
        "INSERT INTO refresh_tokens (id, session_id, expires_at) VALUES ($1, $2, $3)",
        refresh.id,
        session.id,
        refresh.expires_at,
    )
