"""On the real stack: one trace for a message, whoever begins it, and nothing secret in anything that is kept."""

import asyncio
import json
import time
import urllib.request
import uuid

import pytest

from live import frames
from live.conftest import veigo
from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.stack import control
from veigo.stack.stack import Stack
from veigo.telemetry.completeness import EXPECTED
from veigo.telemetry.kept_runs import collected

ARRIVES_WITHIN_S = 10.0


@pytest.fixture
async def telemetry(stack):
    """Ask the collector until it knows what is asked for, and return the rows."""
    url, since_us = f"http://{stack.nodes['collector']}", time.time_ns() // 1000

    def ask(sql, parameters):
        # Of spans only the newest, which others have made no million of meanwhile; of anything else all there is.
        chosen = {"since_us": since_us} if "FROM spans" in sql else {"is_unpacked": False}
        with collected(url, **chosen) as store:
            return store.rows(sql, parameters)

    async def until(sql, *parameters, enough):
        async with asyncio.timeout(ARRIVES_WITHIN_S):
            while not enough(rows := await asyncio.to_thread(ask, sql, parameters)):  # noqa: ASYNC110 - it is asked
                await asyncio.sleep(0.2)
        return rows

    return until


SPANS = """SELECT name, kind, parent_id, span_id, node, trace_id FROM spans
           WHERE trace_id = (SELECT trace_id FROM messages WHERE message_id = ?)"""


def has_every_hop_of_the_stack(rows):
    names = {row["name"] for row in rows}
    return all(any(name.startswith(one.name) for name in names) for one in EXPECTED if one.hop != "client")


async def test_a_message_is_one_trace_though_its_client_knows_nothing_of_it(person, telemetry):
    """The gateway begins the trace; every part of the stack adds to it, and it has one root."""
    bob = await person()
    room = await bob.create_room()
    message_id = (await bob.send(room, "Hello"))["id"]
    rows = await telemetry(SPANS, message_id, enough=has_every_hop_of_the_stack)
    ids = {row["span_id"] for row in rows}

    assert ["mutation CreateMessage"] == [row["name"] for row in rows if row["parent_id"] is None]
    assert [] == [row["name"] for row in rows if row["parent_id"] is not None and row["parent_id"] not in ids]
    assert {"gateway", "chat", "realtime", "aggregator"} <= {row["node"] for row in rows}


async def test_a_clients_trace_goes_on_through_the_stack(person, telemetry):
    """Whoever sends a `traceparent` finds the stack's spans in their own trace."""
    bob = await person()
    room = await bob.create_room()
    trace_id, message_id = uuid.uuid4().hex, str(uuid.uuid4())
    await bob.ask(
        """mutation ($room: String!, $id: String) {
             CreateMessage(roomId: $room, content: "Hello", messageId: $id) { id } }""",
        headers={"traceparent": f"00-{trace_id}-{'1' * 16}-01"},
        room=room,
        id=message_id,
    )
    rows = await telemetry(SPANS, message_id, enough=has_every_hop_of_the_stack)

    assert {trace_id} == {row["trace_id"] for row in rows}
    assert "1" * 16 in {row["parent_id"] for row in rows}


async def test_whoever_resumes_adds_a_marked_span_and_nothing_else(person, telemetry):
    """A replay from the room's log moves none of the times of the first delivery."""
    bob = await person()
    room = await bob.create_room()
    message_id = (await bob.send(room, "Hello"))["id"]
    await telemetry(SPANS, message_id, enough=has_every_hop_of_the_stack)
    times = (
        "SELECT committed_us, captured_us, appended_us, received_us, fanned_out_us FROM messages WHERE message_id = ?"
    )
    before = await telemetry(times, message_id, enough=bool)
    async with bob.socket() as socket:
        await frames.say(socket, "JOIN_ROOM", name=room, after=0)
        replays = await telemetry(
            "SELECT attributes, links FROM spans WHERE message_id = ? AND name = 'replay'", message_id, enough=bool
        )
    after = await telemetry(times, message_id, enough=bool)

    assert 1 == len(replays)
    assert json.loads(replays[0]["attributes"])["veigo.replayed"]
    assert before == after


def everything_held(stack):
    """Every value of every row the collector has, as one text, and its metrics."""
    with collected(f"http://{stack.nodes['collector']}") as store:
        tables = ("messages", "deliveries", "spans", "points", "faults")
        rows = [str(row) for table in tables for row in store.tuples(f"SELECT * FROM {table}")]
    with urllib.request.urlopen(f"http://{stack.nodes['collector']}/metrics", timeout=10) as answer:
        return "\n".join([*rows, answer.read().decode()])


async def test_nothing_secret_is_kept(stack, person, telemetry):
    """Canaries in everything people write, and no trace of them in what the collector or any log holds."""
    bob = await person()
    canary = f"canary{uuid.uuid4().hex}"
    room = await bob.create_room()
    message_id = (await bob.send(room, f"Hello {canary}"))["id"]
    refused = "mutation ($words: String!) { CreateMessage(roomId: $words, content: $words) { id } }"
    await bob.ask(refused, words=canary)
    guessed = (
        "mutation ($e: String!, $p: String!) { SignIn(email: $e, password: $p, clientId: $p) { token { access } } }"
    )
    await bob.ask(guessed, e=f"{canary}@example.com", p=canary)
    async with bob.socket() as socket:
        await frames.join(socket, room)
        await frames.say(socket, canary, name=canary)
        await frames.receive(socket, "ERROR")
    await telemetry(SPANS, message_id, enough=has_every_hop_of_the_stack)
    held = await asyncio.to_thread(everything_held, stack)
    logs = Stack.existing(TOPOLOGY, toolchain(), stack.name).folder / "logs"
    written = "\n".join(path.read_text(errors="replace") for path in logs.glob("*.log"))

    assert message_id in held
    assert '"trace_id"' in written
    for secret in (canary, bob.email, bob.password, bob.token, bob.token.split(".")[2], bob.refresh):
        assert secret not in held
        assert secret not in written


async def test_the_command_follows_a_message(stack, person, telemetry):
    """`veigo trace` asks the stack that is up when no run is named."""
    bob = await person()
    message_id = (await bob.send(await bob.create_room(), "Hello"))["id"]
    await telemetry(SPANS, message_id, enough=has_every_hop_of_the_stack)
    told = await asyncio.to_thread(veigo, "trace", message_id, "--name", stack.name)

    assert f"message {message_id}, sequence 3 of room" in told.stdout
    assert "chat.public.room_events, partition" in told.stdout


async def test_a_stack_without_its_collector_serves_on(stack, person):
    """Nobody waits for it: what cannot be told is dropped."""
    bob = await person()
    room = await bob.create_room()
    ours = Stack.existing(TOPOLOGY, toolchain(), stack.name)
    await control.ask(ours, do="stop", node="collector", signal="SIGKILL")
    try:
        sent = [await bob.send(room, f"Hello {number}") for number in range(20)]
    finally:
        await control.ask(ours, do="start", node="collector")

    assert 20 == len({message["id"] for message in sent})


# What every stack says of itself within a few seconds, by who says it.
MEASURED = {
    ("gateway", "veigo.relay.open"),
    ("gateway", "veigo.relay.unsent"),
    ("realtime", "veigo.sockets.open"),
    ("realtime", "veigo.sockets.unread"),
    ("realtime", "veigo.consumer.lag"),
    ("aggregator", "veigo.consumer.lag"),
    ("chat", "veigo.slot.lag"),
    ("chat", "veigo.slot.active"),
    ("chat", "veigo.slot.usable"),
    ("chat", "veigo.slot.wal_status"),
    ("connect", "veigo.connect.up"),
    ("connect", "veigo.connector.failed"),
    ("collector", "veigo.collector.waiting"),
    ("chat", "veigo.span.duration.p99"),
}


async def test_the_stack_measures_itself(person, telemetry):
    """Sockets, lag of the consumers and the slots, and how long every edge takes, with traces as examples."""
    bob = await person()
    room = await bob.create_room()
    async with bob.socket() as socket:
        await frames.join(socket, room)
        await bob.send(room, "Hello")
        points = await telemetry(
            "SELECT DISTINCT metric, node FROM points",
            enough=lambda rows: MEASURED <= {(row["node"], row["metric"]) for row in rows},
        )

    assert MEASURED <= {(row["node"], row["metric"]) for row in points}


async def test_the_connectors_and_slots_are_well(stack, http):
    """As the alarms will read them: no failed task, a slot whose log is all there."""
    failed, states = [], {}
    async with asyncio.timeout(ARRIVES_WITHIN_S):
        while not (failed and states):
            async with http.get(f"http://{stack.nodes['collector']}/metrics") as answer:
                lines = (await answer.text()).splitlines()
            failed = [line for line in lines if line.startswith("veigo_connector_failed{")]
            states = {
                line.split("}")[0]: line.split()[-1] for line in lines if line.startswith("veigo_slot_wal_status{")
            }
            await asyncio.sleep(0.2)

    assert {"0"} == {line.split()[-1] for line in failed}
    assert {"1"} == {value for labels, value in states.items() if 'status="reserved"' in labels}


async def test_prometheus_can_read_it(stack, person, telemetry, http):
    """One page with everything, and exemplars that lead to traces."""
    bob = await person()
    message_id = (await bob.send(await bob.create_room(), "Hello"))["id"]
    await telemetry(SPANS, message_id, enough=has_every_hop_of_the_stack)
    text, wanted = "", 'veigo_span_duration_seconds_bucket{instance="chat",span="INSERT messages",kind="CLIENT",le='
    async with asyncio.timeout(ARRIVES_WITHIN_S):
        while wanted not in text:
            openmetrics = {"Accept": "application/openmetrics-text; version=1.0.0"}
            async with http.get(f"http://{stack.nodes['collector']}/metrics", headers=openmetrics) as answer:
                text = await answer.text()
            await asyncio.sleep(0.2)

    assert ' # {trace_id="' in text
    assert text.endswith("# EOF\n")
