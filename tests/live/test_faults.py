"""Every fault on a real stack: seen from outside, healed, and then a message goes all the way through again."""

import signal
import subprocess
import sys

import psutil
import pytest

from live.conftest import veigo
from stack import canary
from stack.process_site import ProcessSite
from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.faults.connector_deleted import ConnectorDeleted
from veigo.faults.down import Down
from veigo.faults.heal import HealFile
from veigo.faults.immediate_stop import ImmediateStop
from veigo.faults.kill import Kill
from veigo.faults.offsets_lost import OffsetsLost
from veigo.faults.opa_emptied import OpaEmptied
from veigo.faults.pause import Pause
from veigo.faults.restart import Restart
from veigo.faults.site import Running
from veigo.faults.slot_dropped import SlotDropped
from veigo.faults.slot_lost import SlotLost
from veigo.faults.underway import underway
from veigo.faults.walsender_killed import WalsenderKilled
from veigo.history import FaultStage, History
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


@pytest.fixture
def suffer(site, plan, history):
    """Inject a fault, see it felt and healed; what was felt."""

    async def suffer(fault):
        async with underway(fault, site, history, plan):
            assert plan.owed()
        assert [] == plan.owed()
        stages = {record.stage: record for record in history.records}
        assert set(FaultStage) == set(stages)
        await canary.run(site.stack)
        felt = stages[FaultStage.FELT].detail
        sys.stdout.write(felt)
        return felt

    return suffer


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
    ],
    ids=lambda value: value.name if hasattr(value, "name") else "",
)
async def test_what_is_between_a_commit_and_a_frame_can_break(suffer, fault, seen):
    felt = await suffer(fault)

    assert seen in felt


BREAK_AND_WAIT = """
import asyncio, signal, sys
from pathlib import Path
from stack.process_site import ProcessSite
from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.faults.heal import HealFile
from veigo.faults.offsets_lost import OffsetsLost
from veigo.faults.opa_emptied import OpaEmptied
from veigo.faults.pause import Pause
from veigo.faults.underway import underway
from veigo.faults.walsender_killed import WalsenderKilled
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
