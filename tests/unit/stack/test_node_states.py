"""In containers the watch says which nodes can be reached, in the file that the runner writes elsewhere."""

import asyncio
import time

import pytest

from stack import healthy, node_states
from veigo.stack.state import NodeRecord, NodeState, StackRecord, StackState


@pytest.fixture
async def served():
    """A server, and the record of two nodes that are both there."""

    async def hang_up(_, writer):
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        nodes = {name: NodeRecord(NodeState.STARTING, 0.0, address) for name in ("chat", "opa")}
        yield server, StackRecord("default", 0, StackState.STARTING, 0.0, nodes=nodes)


async def test_who_takes_a_connection_is_ready(served):
    _, record = served

    await node_states.look(record)

    assert {NodeState.READY} == {node.state for node in record.nodes.values()}
    assert StackState.READY is record.state
    assert record.since > 0


async def test_who_never_did_is_still_starting(served):
    server, record = served
    server.close()
    await server.wait_closed()

    await node_states.look(record)

    assert {NodeState.STARTING} == {node.state for node in record.nodes.values()}
    assert StackState.STARTING is record.state


async def test_who_did_and_does_not_any_more_is_dead_since_then(served):
    server, record = served
    await node_states.look(record)
    ready_since = record.nodes["chat"].since
    server.close()
    await server.wait_closed()

    await node_states.look(record)

    assert {NodeState.DEAD} == {node.state for node in record.nodes.values()}
    assert StackState.DEGRADED is record.state
    assert record.nodes["chat"].since > ready_since


def test_a_file_is_healthy_while_it_is_written(tmp_path, monkeypatch):
    """The watch that hangs is not."""
    file = tmp_path / "state.json"
    where = f"file://{file}"
    assert not healthy.serves(where)

    file.touch()
    assert healthy.serves(where)

    now_s = time.time() + 60
    monkeypatch.setattr(healthy.time, "time", lambda: now_s)
    assert not healthy.serves(where)
