"""What one sees of change capture from outside: in PostgreSQL's slots and in Connect's REST interface."""

from typing import Any

from veigo.faults import evidence
from veigo.faults.evidence import FELT_WITHIN_S
from veigo.faults.site import Site
from veigo.stack.problem import NotReadyError
from veigo.stack.readiness import until

SLOT = "SELECT active_pid, wal_status, restart_lsn::text FROM pg_replication_slots WHERE slot_name = $1"
FOLLOWED_WITHIN_S = 60.0
OBEYED_WITHIN_S = 30.0


def slot_of(connector: str) -> str:
    """The slot a connector reads."""
    return f"veigo_{connector}"


async def slot(site: Site, connector: str) -> dict[str, Any] | None:
    """What PostgreSQL says of the connector's slot: ``active_pid``, ``wal_status``, ``restart_lsn``, if it has one."""
    rows = await site.sql("postgres", SLOT, slot_of(connector))
    return rows[0] if rows else None


async def status(site: Site, connector: str) -> tuple[str, str]:
    """What Connect says of a connector and its task, ``RUNNING`` or the worst of both, and the reason of a failure."""
    said = await site.rest("connect", "GET", f"/connectors/{connector}/status")
    for part in (said["connector"], *said["tasks"]):
        if part["state"] != "RUNNING":
            return part["state"], part.get("trace", "").strip().partition("\n")[0]
    return ("RUNNING", "") if said["tasks"] else ("UNASSIGNED", "")


async def ask(site: Site, method: str, connector: str, what: str = "") -> None:
    """Ask Connect for something; asked again while its worker settles."""

    async def once() -> None:
        await site.rest("connect", method, f"/connectors/{connector}{what and '/'}{what}")

    await until(once, OBEYED_WITHIN_S, f"Connect does not {method} {what} of {connector}")


async def failed(site: Site, connector: str) -> str:
    """Wait until Connect calls a connector or its task FAILED, and say why it did."""

    async def look() -> str:
        state, reason = await status(site, connector)
        return f"connector {connector} is FAILED: {reason}" if state == "FAILED" else ""

    return await evidence.seen(look, f"connector {connector} did not fail")


async def broken(site: Site, connector: str) -> str:
    """Wait until PostgreSQL has no slot for a connector, or only one that is lost, or Connect calls it FAILED."""

    async def look() -> str:
        state, reason = await status(site, connector)
        known = await slot(site, connector)
        if known is None:
            return f"PostgreSQL has no slot {slot_of(connector)}; the connector is {state}"
        if known["wal_status"] == "lost":
            return f"PostgreSQL says that slot {slot_of(connector)} is lost; the connector is {state}"
        return f"connector {connector} is FAILED: {reason}" if state == "FAILED" else ""

    return await evidence.seen(look, f"nobody missed the slot of {connector}")


async def forgotten(site: Site, connector: str) -> str:
    """Wait until Connect keeps no position of a connector."""

    async def look() -> str:
        said = await site.rest("connect", "GET", f"/connectors/{connector}/offsets")
        return "" if said["offsets"] else f"Connect keeps no position of {connector}"

    return await evidence.seen(look, f"Connect still knows how far {connector} is")


async def lost(site: Site, connector: str) -> None:
    """Make checkpoints until PostgreSQL has given up the slot."""

    async def look() -> None:
        await site.sql("postgres", "CHECKPOINT")
        known = await slot(site, connector)
        if known is None or known["wal_status"] != "lost":
            raise NotReadyError(f"it says {known}")

    await until(look, FELT_WITHIN_S, f"PostgreSQL does not give up the slot of {connector}")


async def others_have_followed(site: Site, connector: str) -> None:
    """Wait until every other slot keeps nothing older than the log is now."""
    end = (await site.sql("postgres", "SELECT pg_current_wal_lsn()::text AS lsn"))[0]["lsn"]
    behind = "SELECT slot_name FROM pg_replication_slots WHERE slot_name <> $1 AND restart_lsn < $2::text::pg_lsn"

    async def look() -> None:
        await site.sql("postgres", "SELECT pg_log_standby_snapshot()")  # without one a slot cannot move its beginning
        if rows := await site.sql("postgres", behind, slot_of(connector), end):
            raise NotReadyError(f"behind are {', '.join(row['slot_name'] for row in rows)}")

    await until(look, FOLLOWED_WITHIN_S, "the other slots do not follow the log")


async def reader(site: Site, connector: str) -> int | None:
    """The process of PostgreSQL that sends the connector its log; None when nobody reads the slot."""
    known = await slot(site, connector)
    return known["active_pid"] if known else None


async def another_reader(site: Site, connector: str, before: int | None) -> None:
    """Wait until the slot is read by another connection than before."""

    async def look() -> None:
        if await reader(site, connector) in (None, before):
            raise NotReadyError("its slot is read by nobody, or by the same as before")

    await until(look, OBEYED_WITHIN_S, f"connector {connector} did not come back")
