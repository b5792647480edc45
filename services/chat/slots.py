"""How far change capture is behind the database's log: what PostgreSQL holds back for each replication slot.

A slot that nobody reads makes PostgreSQL keep its log until `max_slot_wal_keep_size`, and then the slot is lost and
with it every change that was not captured. So this is the number to be woken up for.
"""

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import structlog

from services import metrics

if TYPE_CHECKING:  # generic in the type stubs only
    Pool = asyncpg.Pool[asyncpg.Record]

log = structlog.get_logger()

LOOK_EVERY_S = 5.0
LOOK_WITHIN_S = 2.0
SLOTS = """
    SELECT slot_name, active, wal_status, pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint AS behind
    FROM pg_replication_slots WHERE slot_type = 'logical'"""


class Slots:
    """The slots of the database, as last looked at."""

    def __init__(self) -> None:
        self.behind_bytes: dict[str, float] = {}
        self.usable: dict[str, float] = {}
        by_slot = "slot"
        metrics.gauge("veigo.slot.lag", "Log not captured yet.", lambda: {by_slot: self.behind_bytes}, "By")
        metrics.gauge("veigo.slot.usable", "1: read by Debezium and not lost.", lambda: {by_slot: self.usable})

    async def watch(self, pool: "Pool") -> None:
        """Look every few seconds until cancelled; while the database is out, nothing is known."""
        while True:
            try:
                rows = await pool.fetch(SLOTS, timeout=LOOK_WITHIN_S)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                log.warning("slots_unknown", error=type(error).__name__)
                rows = []
            self.behind_bytes = {row["slot_name"]: float(row["behind"] or 0) for row in rows}
            self.usable = {
                row["slot_name"]: float(row["active"] and row["wal_status"] in ("reserved", "extended")) for row in rows
            }
            await asyncio.sleep(LOOK_EVERY_S)
