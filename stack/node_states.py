"""Which nodes can be reached, written down where there is no runner: the same ``state.json``, by the containers' watch.

The collector reads it: the journey page shows it, and the alert `NodeDown` is about it. A runner knows its processes;
here one looks from outside, whether somebody takes a connection at a node's address.
"""

import asyncio
import contextlib
import time

from veigo.stack.stack import Stack
from veigo.stack.state import NodeRecord, NodeState, StackRecord, StackState, write_record

LOOK_EVERY_S = 2.0
CONNECTED_WITHIN_S = 2.0


async def keep(stack: Stack) -> None:
    """Look and write down for ever."""
    now = time.time()
    nodes = {node.name: NodeRecord(NodeState.STARTING, now, stack.address(node.name)) for node in stack.topology.nodes}
    record = StackRecord(stack.name, stack.base, StackState.STARTING, now, nodes=nodes)
    while True:
        await look(record)
        write_record(stack.state_file, record)
        await asyncio.sleep(LOOK_EVERY_S)


async def look(record: StackRecord) -> None:
    """Bring the record up to date; a node is dead when it was reached before and is not any more."""
    reached = await asyncio.gather(*(_is_reached(node.address) for node in record.nodes.values()))
    for node, is_reached in zip(record.nodes.values(), reached, strict=True):
        state = NodeState.READY if is_reached else NodeState.DEAD
        if node.state is not state and (is_reached or node.state is not NodeState.STARTING):
            node.state, node.since = state, time.time()
    states = {node.state for node in record.nodes.values()}
    was = record.state
    if states == {NodeState.READY}:
        record.state = StackState.READY
    else:
        record.state = StackState.STARTING if NodeState.STARTING in states else StackState.DEGRADED
    if record.state is not was:
        record.since = time.time()


async def _is_reached(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, int(port)), CONNECTED_WITHIN_S)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
