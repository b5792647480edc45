"""What PostgreSQL and Connect say about change capture now. Nothing here decides (``capture_rules.py`` does)."""

from dataclasses import replace
from typing import Any

from stack import connectors, postgres, rest
from stack.capture_rules import Facts, Position, Slot
from stack.connect import failed_tasks
from veigo.stack.problem import NotReadyError
from veigo.stack.stack import Stack

CONNECT_WITHIN_S = 2.0
SLOTS = """
    SELECT slot_name, restart_lsn, confirmed_flush_lsn, wal_status FROM pg_replication_slots
    WHERE slot_type = 'logical'"""


async def facts(stack: Stack) -> list[Facts]:
    """Every connector as it is now.

    Positions only grow, so what may be behind another is asked first: the slot, what Connect stored, the log's end.
    Between two questions a busy machine may let seconds pass.

    Raises:
        OSError, asyncpg.PostgresError, TimeoutError: PostgreSQL does not answer.
    """
    published = {name: await _is_published(stack, name) for name in connectors.DATABASES}
    connection = await postgres.connect(stack, "postgres")
    try:
        rows = await connection.fetch(SLOTS, timeout=CONNECT_WITHIN_S)
        slots = {row["slot_name"]: _slot(row) for row in rows}
        seen = [await _of(stack, name, slots, published[name]) for name in connectors.DATABASES]
        end = await connection.fetchval("SELECT pg_current_wal_insert_lsn()", timeout=CONNECT_WITHIN_S)
    finally:
        await connection.close()
    return [replace(each, log_end_lsn=end) for each in seen]


async def _is_published(stack: Stack, name: str) -> bool:
    connection = await postgres.connect(stack, connectors.DATABASES[name])
    try:
        publication = connectors.configuration(name)["publication.name"]
        query = "SELECT EXISTS (SELECT FROM pg_publication WHERE pubname = $1)"
        return bool(await connection.fetchval(query, publication, timeout=CONNECT_WITHIN_S))
    finally:
        await connection.close()


async def _of(stack: Stack, name: str, slots: dict[str, Slot], published: bool) -> Facts:
    slot_name = connectors.configuration(name)["slot.name"]
    seen = Facts(name, slot_name, slots.get(slot_name), published, log_end_lsn=0, answers=False)
    address = stack.address("connect")
    try:
        status = await rest.request(address, "GET", "/connectors?expand=status", within_s=CONNECT_WITHIN_S)
        if name not in status:
            return replace(seen, answers=True)
        stored = await stored_position(stack, name)
    except (NotReadyError, OSError):
        return seen
    reason = dict(failed_tasks({name: status[name]})).get(name)
    state = "FAILED" if reason is not None else str(status[name]["status"]["connector"]["state"])
    return replace(seen, answers=True, state=state, reason=reason or "", stored=stored)


async def stored_position(stack: Stack, name: str) -> Position | None:
    """How far Connect says a connector is.

    Raises:
        NotReadyError, OSError: Connect does not say.
    """
    path = f"/connectors/{name}/offsets"
    said = await rest.request(stack.address("connect"), "GET", path, within_s=CONNECT_WITHIN_S)
    offsets = [each["offset"] for each in said["offsets"] if each["offset"]]
    return Position(offsets[0]["lsn"], offsets[0]["ts_usec"]) if offsets else None


async def missed(stack: Stack) -> list[tuple[str, int, int]]:
    """Records gone from Kafka before the aggregator read them: partition, the first, and the next one there."""
    found = []
    for node in stack.topology.replicas("aggregator"):
        try:
            page = await rest.request(stack.address(node.name), "GET", "/healthz", within_s=CONNECT_WITHIN_S)
        except (NotReadyError, OSError):
            continue
        found += [(at, *each["missed"]) for at, each in page["partitions"].items() if each["missed"]]
    return found


def _slot(row: Any) -> Slot:  # noqa: ANN401 - asyncpg's record
    return Slot(row["restart_lsn"] or 0, row["confirmed_flush_lsn"] or 0, row["wal_status"] or "")
