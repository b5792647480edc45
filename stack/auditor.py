"""Reads what a run left in a stack, as an administrator and not by its doors, and has it written into the history.

PostgreSQL is read in one snapshot, and only the rooms of the run. MongoDB and Open Policy Agent are compared with it
until they are equal, or until the bound; either is told, with how long it took since the run's last operation.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from stack import postgres, read_model, rest
from veigo.history import Compared, Record, Stored, StoredRoom, now
from veigo.read_model import Comparison, compare, compare_policy_data
from veigo.stack.stack import Stack
from veigo.witness import About

if TYPE_CHECKING:
    import asyncpg

PAUSE_S = 0.1
WRONG_KEPT_MAX = 20


_about = msgspec.json.Decoder(About)


class Auditor:
    """An independent reader of one stack."""

    def __init__(self, stack: Stack, *, equal_within_s: float = 20.0) -> None:
        """Take the stack, and how long after the reading its copies may take to be equal."""
        self._stack = stack
        self._equal_within_s = equal_within_s

    async def testify(self, rooms: Collection[str], accounts: Collection[str], last_ns: int) -> list[Record]:
        """Read the logs of these rooms, and compare all copies with them.

        Args:
            rooms: ids of the run's rooms.
            accounts: ids of its users.
            last_ns: when its last operation ended, by the monotonic clock.

        Raises:
            StackError, OSError, asyncpg.PostgresError: the stack cannot be read.
        """
        stored = await self._stored(rooms)
        return [*stored, *await self._compared(rooms, accounts, last_ns)]

    async def _stored(self, rooms: Collection[str]) -> list[Record]:
        wanted = [UUID(room) for room in rooms]
        connection = await postgres.connect(self._stack, "chat_db")
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                events = await connection.fetch(
                    "SELECT room_id, sequence, type, payload, created_at FROM room_events"
                    " WHERE room_id = ANY($1) ORDER BY room_id, sequence",
                    wanted,
                )
                heads = await connection.fetch(
                    "SELECT id, last_sequence, log_horizon,"
                    " ARRAY(SELECT member_id::text FROM room_members WHERE room_id = rooms.id) AS members,"
                    " ARRAY(SELECT id::text FROM messages WHERE room_id = rooms.id AND deleted_at IS NULL"
                    "       ORDER BY sequence) AS messages"
                    " FROM rooms WHERE id = ANY($1)",
                    wanted,
                )
        finally:
            await connection.close()
        return [*map(_event, events), *map(_head, heads)]

    async def _compared(self, rooms: Collection[str], accounts: Collection[str], last_ns: int) -> list[Record]:
        states, profiles = await read_model.states(self._stack, rooms, accounts)
        revoked = await self._revoked(accounts)

        async def documents() -> Comparison:
            return compare(
                states, profiles, await asyncio.to_thread(read_model.documents, self._stack, rooms, accounts)
            )

        async def policy_data() -> Comparison:
            return compare_policy_data(states, revoked, await self._policy_data())

        return [
            await self._settled("mongodb", documents, last_ns),
            await self._settled("opa", policy_data, last_ns),
        ]

    async def _settled(self, what: str, ask: Callable[[], Awaitable[Comparison]], last_ns: int) -> Compared:
        """Compare until nothing is wrong, or for as long as is allowed."""
        deadline = time.monotonic() + self._equal_within_s
        while True:
            found = await ask()
            at_ns, at_us = now()
            if not (found.wrong or found.moved) or time.monotonic() > deadline:
                return Compared(
                    what=what,
                    equal=found.equal,
                    wrong=found.wrong[:WRONG_KEPT_MAX],
                    wrong_total=len(found.wrong),
                    moved=len(found.moved),
                    after_s=(at_ns - last_ns) / 1e9,
                    at_ns=at_ns,
                    at_us=at_us,
                )
            await asyncio.sleep(PAUSE_S)

    async def _revoked(self, accounts: Collection[str]) -> dict[str, bool]:
        connection = await postgres.connect(self._stack, "auth_db")
        try:
            rows = await connection.fetch(
                "SELECT id, revoked_at FROM sessions WHERE account_id = ANY($1)",
                [UUID(account) for account in accounts],
            )
        finally:
            await connection.close()
        return {str(row["id"]): row["revoked_at"] is not None for row in rows}

    async def _policy_data(self) -> dict[str, Any]:
        answer = await rest.request(self._stack.address("opa"), "GET", "/v1/data/aggregated")
        data: dict[str, Any] = (answer or {}).get("result", {})
        return data


def _event(row: "asyncpg.Record") -> Stored:
    about = _about.decode(row["payload"])
    return Stored(
        room=str(row["room_id"]),
        sequence=row["sequence"],
        type=row["type"],
        created_us=round(row["created_at"].timestamp() * 1e6),
        message_id=about.id if row["type"].startswith("message.") else None,
        member=about.member_id,
        sender=about.sender_id,
    )


def _head(row: "asyncpg.Record") -> StoredRoom:
    return StoredRoom(
        room=str(row["id"]),
        last_sequence=row["last_sequence"],
        horizon=row["log_horizon"],
        members=row["members"],
        messages=row["messages"],
    )
