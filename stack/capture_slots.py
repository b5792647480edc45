"""Slots, publications and stored positions, made and moved: what a repair does to change capture itself.

Every step may be done again, whatever was done of it before.
"""

import time
from functools import partial
from typing import TYPE_CHECKING

from stack import connectors, postgres, rest
from stack.capture_rules import Facts
from veigo.stack.alarms import lsn_text
from veigo.stack.problem import NotReadyError, StackError
from veigo.stack.readiness import until
from veigo.stack.stack import Stack

if TYPE_CHECKING:
    import asyncpg

ANSWER_WITHIN_S = 30.0
STOPPED_WITHIN_S = 30.0
SLOT_WITHIN_S = 60.0  # a new slot begins when the transactions that run now have ended
SESSION_COLUMNS = "id, account_id, client_id, version, revoked_at, created_at, updated_at"
# As the migrations make them.
PUBLISHED = {
    "authentication": f"sessions ({SESSION_COLUMNS}), heartbeats",
    "chat": "room_events, profiles, heartbeats, read_marks",
}


def has_usable_slot(facts: Facts) -> bool:
    """Whether the connector can go on with the slot it has; a slot older than its publication is of no use."""
    return facts.published and facts.slot is not None and facts.slot.wal_status in ("reserved", "extended")


async def stopped(stack: Stack, name: str) -> None:
    """Have a connector be there and stopped, so that its slot is free and its position may be changed.

    Raises:
        StackError: Connect does not do it.
    """
    address = stack.address("connect")

    async def stop() -> None:
        known = await rest.request(address, "GET", "/connectors")
        if name not in known:
            made = {"name": name, "config": connectors.configuration(name), "initial_state": "STOPPED"}
            await rest.request(address, "POST", "/connectors", made, within_s=ANSWER_WITHIN_S)
        await rest.request(address, "PUT", f"/connectors/{name}/stop")
        status = await rest.request(address, "GET", f"/connectors/{name}/status")
        if status["connector"]["state"] != "STOPPED" or status["tasks"]:
            raise NotReadyError(f"it is {status['connector']['state']} with {len(status['tasks'])} tasks")

    await until(stop, STOPPED_WITHIN_S, f"connector {name} does not stop; see {stack.log('connect')}")


async def made_anew(stack: Stack, name: str) -> int:
    """Make the connector's slot anew, and its publication where that is gone; the place the slot begins at.

    Raises:
        StackError: the old one cannot be dropped, or some transaction does not end.
    """
    import asyncpg

    settings = connectors.configuration(name)
    slot, publication = settings["slot.name"], settings["publication.name"]
    connection = await postgres.connect(stack, connectors.DATABASES[name])
    try:
        exists = "SELECT EXISTS (SELECT FROM pg_publication WHERE pubname = $1)"
        if not await connection.fetchval(exists, publication):
            await connection.execute(f"CREATE PUBLICATION {publication} FOR TABLE {PUBLISHED[name]}")
        await until(partial(_drop, connection, slot), STOPPED_WITHIN_S, f"slot {slot} cannot be dropped")
        query = "SELECT lsn FROM pg_create_logical_replication_slot($1, 'pgoutput')"
        try:
            return int(await connection.fetchval(query, slot, timeout=SLOT_WITHIN_S))
        except (TimeoutError, asyncpg.QueryCanceledError):
            raise StackError(
                f"slot {slot} could not be made within {SLOT_WITHIN_S:g} s: a transaction of another client has been "
                "open for longer (pg_stat_activity names it); end it and run `veigo repair` again"
            ) from None
    finally:
        await connection.close(timeout=ANSWER_WITHIN_S)


async def _drop(connection: "asyncpg.Connection[asyncpg.Record]", slot: str) -> None:
    used_by = "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active"
    await connection.execute(used_by, slot)
    await connection.execute(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1", slot
    )


async def go_on_at(stack: Stack, name: str, lsn: int) -> None:
    """Have a stopped connector go on at a place of PostgreSQL's log.

    Raises:
        StackError: Connect does not take it.
    """
    offset = {"lsn": lsn, "lsn_proc": lsn, "lsn_commit": lsn, "ts_usec": time.time_ns() // 1_000}
    body = {"offsets": [{"partition": {"server": name}, "offset": offset}]}

    async def store() -> None:
        path = f"/connectors/{name}/offsets"
        await rest.request(stack.address("connect"), "PATCH", path, body, within_s=ANSWER_WITHIN_S)

    await until(store, STOPPED_WITHIN_S, f"connector {name} does not take position {lsn_text(lsn)}")
