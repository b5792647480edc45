"""Every fault on a real stack: seen from outside, healed, and then a message goes all the way through again."""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys

import psutil
import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from live.conftest import veigo
from stack import canary, clocks
from stack.process_site import ProcessSite
from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.faults.bandwidth import Bandwidth
from veigo.faults.clock_skew import ClockSkew
from veigo.faults.connector_deleted import ConnectorDeleted
from veigo.faults.copy_across_restart import CopyAcrossRestart
from veigo.faults.disk_full import DiskFull
from veigo.faults.down import Down
from veigo.faults.heal import HealFile
from veigo.faults.immediate_stop import ImmediateStop
from veigo.faults.kill import Kill
from veigo.faults.kill_leader import KillLeader
from veigo.faults.latency import Latency
from veigo.faults.long_transaction import LongTransaction
from veigo.faults.offsets_lost import OffsetsLost
from veigo.faults.opa_emptied import OpaEmptied
from veigo.faults.partition import Partition
from veigo.faults.pause import Pause
from veigo.faults.reset import Reset
from veigo.faults.restart import Restart
from veigo.faults.site import Resource, Running
from veigo.faults.slot_dropped import SlotDropped
from veigo.faults.slot_lost import SlotLost
from veigo.faults.starved import Starved
from veigo.faults.stuck_reader import StuckReader
from veigo.faults.task_failed import TaskFailed
from veigo.faults.together import Together
from veigo.faults.underway import underway
from veigo.faults.walsender_killed import WalsenderKilled
from veigo.faults.zombie import Zombie
from veigo.history import FaultStage, History
from veigo.stack.alarms import Alarms
from veigo.stack.problem import StackError
from veigo.stack.stack import Stack

SERVICES = ("gateway", "authentication", "chat", "realtime", "aggregator")
EVERYTHING = (*SERVICES, "opa", "mongo", "postgres", "connect", "kafka")


@pytest.fixture(scope="session")
def site(stack):
    return ProcessSite(Stack.existing(TOPOLOGY, toolchain(), stack.name))


@pytest.fixture
def plan(site):
    return HealFile(site.stack.folder)


@pytest.fixture
def history(tmp_path):
    history = History(tmp_path / "history.jsonl")
    yield history
    history.close()


async def suffered(fault, site, history, meanwhile=None):
    """Inject a fault, see it felt and healed, and a message go through; what was felt.

    What is done meanwhile ends before that message: there is one canary, and who signs in again ends its other session.
    """
    plan = HealFile(site.stack.folder)
    async with underway(fault, site, history, plan):
        assert list(fault.heals()) == [owed.step for owed in plan.owed() if owed.fault == fault.name]
    assert fault.name not in {owed.fault for owed in plan.owed()}
    stages = {record.stage: record for record in history.records}
    assert set(FaultStage) == set(stages)
    assert not Alarms(site.stack.folder).standing(), "the canary stays at home while an alarm stands"
    if meanwhile is not None:
        meanwhile.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await meanwhile
    await canary.run(site.stack)
    return stages[FaultStage.FELT].detail


@pytest.fixture
def suffer(site, history):
    return lambda fault, meanwhile=None: suffered(fault, site, history, meanwhile)


@pytest.mark.parametrize("node", ["chat", "opa", "mongo"])
async def test_a_killed_node_refuses_its_clients_and_comes_back(suffer, node):
    assert f"{node} is gone" in await suffer(Kill(node))


@pytest.mark.faults
@pytest.mark.parametrize("node", EVERYTHING)
async def test_every_node_can_be_killed_and_stay_dead(suffer, node):
    assert f"{node} is gone" in await suffer(Kill(node))


@pytest.mark.faults
@pytest.mark.parametrize("node", EVERYTHING)
async def test_every_node_can_be_killed_and_restarted_at_once(suffer, node):
    assert f"{node} was process" in await suffer(Kill(node, restart=True))


@pytest.mark.faults
@pytest.mark.parametrize("node", EVERYTHING)
async def test_every_node_can_stand_still(suffer, node):
    assert f"{node} is paused" in await suffer(Pause(node))


@pytest.mark.faults
@pytest.mark.parametrize("node", ["kafka", "postgres"])
async def test_a_node_can_be_down(suffer, node):
    assert f"{node} is gone" in await suffer(Down(node))


@pytest.mark.faults
async def test_everything_can_be_restarted_in_turn(suffer):
    felt = await suffer(Restart(*EVERYTHING))

    assert len(EVERYTHING) == felt.count("was process")


@pytest.mark.faults
@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (WalsenderKilled(), "the slot was read by process"),
        (ConnectorDeleted(), "Connect has no chat"),
        (ImmediateStop(), "postgres is gone"),
        (OpaEmptied(), "where its data should be"),
        (OffsetsLost(), "Connect keeps no position of chat"),
        (SlotDropped(), "slot"),
        (SlotLost(), "is lost"),
        (TaskFailed(), "connector chat is FAILED"),
        (DiskFull(), "a client of postgres was told"),
        (Starved("postgres", Resource.MEMORY), "a new client of postgres was told"),
        (Starved("gateway"), "a new client of gateway was told"),
        (Starved("chat"), "a new client of chat was told"),
        (Together(Down("connect"), Down("kafka")), "kafka is gone"),
        (StuckReader(), "socket_closed"),
        (Zombie(), "no member in Connect's group"),
    ],
    ids=lambda value: value.name if hasattr(value, "name") else "",
)
async def test_what_is_between_a_commit_and_a_frame_can_break(suffer, fault, seen):
    assert seen in await suffer(fault)


@pytest.mark.faults
@pytest.mark.skipif(clocks.installed() is None, reason="libfaketime is not installed")
@pytest.mark.parametrize("ahead_s", [300, -300])
@pytest.mark.parametrize("node", SERVICES)
async def test_the_clock_of_a_service_can_be_wrong(suffer, node, ahead_s):
    assert f"{node} wrote down a time" in await suffer(ClockSkew(node, ahead_s))


@pytest.mark.faults
async def test_no_row_of_a_copy_is_lost_when_connect_dies_among_them(suffer, site):
    """dbz#1554: rows that share a place in the log were taken for sent when one of them was."""
    rows = 10_000
    felt = await suffer(CopyAcrossRestart(rows))

    assert f"of {rows:,} rows" in felt
    captured = await asyncio.to_thread(captured_ids, site.stack)
    assert set(range(1_000, 1_000 + rows)) <= captured


def captured_ids(stack):
    """The ids of all heartbeats in Kafka."""
    consumer = Consumer(
        {
            "bootstrap.servers": stack.addresses_of("kafka"),
            "group.id": "veigo.test",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition("chat.public.heartbeats", 0, OFFSET_BEGINNING)])
    ids = set()
    try:
        while (record := consumer.poll(20)) is not None and record.error() is None:
            if record.value():
                ids.add((json.loads(record.value())["after"] or {}).get("id"))
    finally:
        consumer.close()
    return ids


@pytest.mark.faults
async def test_no_message_is_lost_that_was_open_across_a_restart_of_debezium(suffer, site):
    """dbz#76: what was written before the restart and committed after it was taken for sent. The canary talks."""
    talking = asyncio.create_task(talk(site.stack))
    try:
        felt = await suffer(LongTransaction(), talking)
    finally:
        talking.cancel()

    assert "committed after it" in felt


async def talk(stack):
    """Fly again and again: each flight fails unless its own message comes back."""
    while True:
        await canary.run(stack)
        await asyncio.sleep(0.1)  # it stays at home, at once, while an alarm stands


@pytest.fixture(scope="module")
def arranged():
    """Stacks that are arranged otherwise, each up for as long as its tests run."""
    names = []

    def bring_up(name, *how):
        names.append(name)
        veigo("down", "--name", name, "--purge")
        started = veigo("up", "--name", name, *how, within_s=600)
        assert 0 == started.returncode, started.stdout + started.stderr
        return ProcessSite(Stack.existing(TOPOLOGY, toolchain(), name))

    yield bring_up
    for name in names:
        veigo("down", "--name", name, "--purge")


@pytest.fixture(scope="module")
def proxied(arranged):
    return arranged("live-proxied", "--proxied")


@pytest.fixture(scope="module")
def cluster(arranged):
    return arranged("live-cluster", "--scale", "kafka=3")


DIALLED = [(edge.source, edge.target) for edge in TOPOLOGY.edges if edge.dialled]


@pytest.mark.faults
@pytest.mark.parametrize(("source", "target"), DIALLED)
async def test_every_edge_can_be_partitioned(proxied, history, source, target):
    assert "had no answer" in await suffered(Partition(source, target), proxied, history)


@pytest.mark.faults
@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (Latency("chat", "opa", ms=300), "at least 0.300"),
        (Latency("connect", "postgres", ms=100, jitter_ms=50), "at least 0.050"),
        (Reset("gateway", "chat"), "failed"),
        (Reset("connect", "kafka"), "failed"),
        (Reset("realtime", "kafka"), "failed"),
        (Bandwidth("chat", "postgres"), "took"),
        (Bandwidth("connect", "kafka", kb_per_s=4), "took"),
    ],
    ids=lambda value: value.name if hasattr(value, "name") else "",
)
async def test_an_edge_can_be_slow_narrow_or_broken_off(proxied, history, fault, seen):
    assert seen in await suffered(fault, proxied, history)


@pytest.mark.faults
async def test_a_fault_of_the_network_needs_proxies(site, history):
    with pytest.raises(StackError, match="veigo up --proxied"):
        async with underway(Partition("chat", "opa"), site, history, HealFile(site.stack.folder)):
            pass


@pytest.mark.faults
@pytest.mark.parametrize("partition", [0, 1, 2, 3])
async def test_another_broker_leads_when_the_leader_is_killed(cluster, history, partition):
    """Each time with what the one before it wrote."""
    felt = await suffered(KillLeader(partition=partition), cluster, history)

    assert "led, and kafka" in felt


BREAK_AND_WAIT = """
import asyncio, signal, sys
from pathlib import Path
from stack.process_site import ProcessSite
from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.faults.heal import HealFile
from veigo.faults.pause import Pause
from veigo.faults.underway import underway
from veigo.history import History
from veigo.stack.stack import Stack

signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs tests in the background ignores it

async def main(name, story):
    stack = Stack.existing(TOPOLOGY, toolchain(), name)
    async with History(Path(story)) as history:
        async with underway(Pause("realtime"), ProcessSite(stack), history, HealFile(stack.folder)):
            print("broken", flush=True)
            await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def harness(stack, tmp_path):
    """A harness of its own process in the middle of a fault."""
    command = [sys.executable, "-c", BREAK_AND_WAIT, stack.name, str(tmp_path / "story.jsonl")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert "broken\n" == process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 143)])
async def test_a_harness_that_is_asked_to_end_heals_first(harness, site, plan, number, code):
    assert Running.PAUSED is (await site.life("realtime")).running

    harness.send_signal(number)

    assert code == harness.wait(60)
    assert Running.RUNS is (await site.life("realtime")).running
    assert [] == plan.owed()


async def test_what_a_killed_harness_broke_is_healed_by_the_command(harness, site, plan):
    harness.kill()
    harness.wait(10)
    assert Running.PAUSED is (await site.life("realtime")).running

    healed = veigo("chaos", "heal", "--name", site.stack.name)

    assert 0 == healed.returncode, healed.stdout + healed.stderr
    assert "go_on realtime, because of: pause realtime" in healed.stdout
    assert [] == plan.owed()
    await canary.run(site.stack)
    assert "nothing" in veigo("chaos", "heal", "--name", site.stack.name).stdout


async def test_a_node_that_is_paused_pauses_with_everything_it_started(site, plan, history):
    """PostgreSQL's connections are processes of their own."""
    async with underway(Pause("postgres"), site, history, plan):
        process = psutil.Process(int((await site.life("postgres")).identity.removeprefix("process ")))
        family = [process, *process.children(recursive=True)]

        assert {psutil.STATUS_STOPPED} == {one.status() for one in family}

    assert psutil.STATUS_STOPPED not in {one.status() for one in family if one.is_running()}
