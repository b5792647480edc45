"""How far change capture is behind the database's log: what PostgreSQL holds back for each replication slot.

A slot that nobody reads makes PostgreSQL keep its log until `max_slot_wal_keep_size`, and then the slot is lost and
with it every change that was not captured. So this is the number to be woken up for.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import asyncpg
import structlog

from services import metrics

if TYPE_CHECKING:  # generic in the type stubs only
    Pool = asyncpg.Pool[asyncpg.Record]

log = structlog.get_logger()

LOOK_EVERY_S = 5.0
LOOK_WITHIN_S = 2.0
SLOTS = """
    SELECT slot_name, active, wal_status, safe_wal_size,
           pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint AS behind
    FROM pg_replication_slots WHERE slot_type = 'logical'"""
# What PostgreSQL says of the log a slot needs; after `extended` it is on its way to being removed.
STATUSES = ("reserved", "extended", "unreserved", "lost")


class Slots:
    """The slots of the database, as last looked at."""

    def __init__(self) -> None:
        self._rows: Sequence[Mapping[str, Any]] = []
        metrics.gauge("veigo.slot.lag", "Log not captured yet.", lambda: self.read(behind_bytes), "By")
        metrics.gauge("veigo.slot.active", "1: somebody reads the slot.", lambda: self.read(is_active))
        metrics.gauge("veigo.slot.usable", "1: read by Debezium and not lost.", lambda: self.read(is_usable))
        metrics.gauge("veigo.slot.wal_status", "1: the log's state is this.", lambda: wal_statuses(self._rows))
        metrics.gauge("veigo.slot.safe_wal_size", "Log until the slot is lost.", lambda: self.read(safe_bytes), "By")

    def read(self, figure: Callable[[Mapping[str, Any]], float | None]) -> dict[str, dict[str, float]]:
        """One figure of every slot of which it is known."""
        figures = {str(row["slot_name"]): figure(row) for row in self._rows}
        return {"slot": {slot: value for slot, value in figures.items() if value is not None}}

    async def watch(self, pool: "Pool") -> None:
        """Look every few seconds until cancelled; while the database is out, nothing is known."""
        while True:
            try:
                self._rows = [dict(row) for row in await pool.fetch(SLOTS, timeout=LOOK_WITHIN_S)]
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                log.warning("slots_unknown", error=type(error).__name__)
                self._rows = []
            await asyncio.sleep(LOOK_EVERY_S)


def behind_bytes(row: Mapping[str, Any]) -> float:
    """How much of the log was written and not captured."""
    return float(row["behind"] or 0)


def is_active(row: Mapping[str, Any]) -> float:
    """Whether somebody reads it."""
    return float(row["active"])


def is_usable(row: Mapping[str, Any]) -> float:
    """Whether somebody reads it and has everything to read."""
    return float(row["active"] and row["wal_status"] in ("reserved", "extended"))


def safe_bytes(row: Mapping[str, Any]) -> float | None:
    """How much more may be written before the slot is lost; None when there is no bound, or it is lost already."""
    return None if row["safe_wal_size"] is None else float(row["safe_wal_size"])


def wal_statuses(rows: Sequence[Mapping[str, Any]]) -> list[metrics.Labelled]:
    """A 1 for the state each slot is in, and a 0 for every other."""
    return [
        ({"slot": str(row["slot_name"]), "status": status}, float(row["wal_status"] == status))
        for row in rows
        for status in STATUSES
    ]
