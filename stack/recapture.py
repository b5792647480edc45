"""Has a connector capture again from now on, with a new slot: what was committed meanwhile stays a gap."""

from functools import partial

from stack import connectors, postgres, rest
from veigo.stack.problem import NotReadyError
from veigo.stack.readiness import until
from veigo.stack.stack import Stack

STOPPED_WITHIN_S = 30.0


async def recapture(stack: Stack, name: str) -> None:
    """Stop the connector, make its slot anew, forget how far it was, and have it go on."""
    address = stack.address("connect")
    slot = connectors.configuration(name)["slot.name"]
    await until(partial(_stop, address, name), STOPPED_WITHIN_S, f"connector {name} does not stop")
    await until(
        partial(rest.request, address, "DELETE", f"/connectors/{name}/offsets"),
        STOPPED_WITHIN_S,
        f"Connect keeps the position of {name}",
    )
    connection = await postgres.connect(stack, connectors.DATABASES[name])
    try:
        drop = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1"
        await connection.execute(drop, slot)
        await connection.execute("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", slot)
    finally:
        await connection.close()
    await rest.request(address, "PUT", f"/connectors/{name}/resume")


async def _stop(address: str, name: str) -> None:
    await rest.request(address, "PUT", f"/connectors/{name}/stop")
    status = await rest.request(address, "GET", f"/connectors/{name}/status")
    if status["connector"]["state"] != "STOPPED" or status["tasks"]:
        raise NotReadyError(f"it is {status['connector']['state']}")
