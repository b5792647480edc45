"""Whatever happens to a fault under way, it is healed, and its heal plan was on disk before anything broke."""

import asyncio
import os
import signal

import pytest

from veigo.faults.fault import Fault
from veigo.faults.heal import HealFile, HealStep, Owed
from veigo.faults.underway import heal, underway
from veigo.history import FaultStage, History
from veigo.stack.problem import StackError

MENDS = (HealStep("mend", "handle"), HealStep("mend", "spout"))


class Teapot:
    """A site of one thing that can be broken, which writes down what was done to it."""

    def __init__(self, plan):
        self.plan = plan
        self.done = []
        self.broken = set()
        self.healing = asyncio.Event()
        self.unmendable = set()

    async def apply(self, step):
        self.healing.set()
        await asyncio.sleep(0.01)
        if step.what in self.unmendable:
            raise StackError("no glue")
        self.done.append(f"{step.do} {step.what}")
        self.broken.discard(step.what)

    async def until_healthy(self):
        self.done.append("healthy")


class Drop(Fault):
    model = "it falls"
    name = "drop the teapot"
    nodes = ("teapot",)

    def __init__(self, stops_at=None):
        self.stops_at = stops_at
        self.reached = asyncio.Event()
        self.planned = None

    def heals(self):
        return MENDS

    async def inject(self, site):
        self.planned = site.plan.owed()
        site.broken |= {"handle", "spout"}
        await self._maybe_stop("inject")

    async def felt(self, site):
        await self._maybe_stop("felt")
        return "a bang was heard"

    async def _maybe_stop(self, where):
        if self.stops_at == where:
            self.reached.set()
            await asyncio.Event().wait()


@pytest.fixture
def plan(tmp_path):
    return HealFile(tmp_path)


@pytest.fixture
def site(plan):
    return Teapot(plan)


@pytest.fixture
def history(tmp_path):
    history = History(tmp_path / "history.jsonl")
    yield history
    history.close()


def stages(history):
    return [record.stage for record in history.records]


async def test_the_plan_is_on_disk_before_anything_breaks_and_empty_when_it_is_healed(site, plan, history):
    fault = Drop()
    async with underway(fault, site, history, plan):
        assert [Owed(fault.name, step) for step in MENDS] == fault.planned
        assert {"handle", "spout"} == site.broken

    assert set() == site.broken
    assert [] == plan.owed()
    assert ["mend handle", "mend spout", "healthy"] == site.done
    assert [FaultStage.INJECTED, FaultStage.FELT, FaultStage.HEALING, FaultStage.HEALED] == stages(history)
    assert "a bang was heard" == history.records[1].detail


async def test_an_exception_heals_and_goes_on(site, plan, history):
    with pytest.raises(ZeroDivisionError):
        async with underway(Drop(), site, history, plan):
            raise ZeroDivisionError

    assert set() == site.broken
    assert [] == plan.owed()


@pytest.mark.parametrize("where", ["inject", "felt", "body"])
async def test_a_cancellation_heals_whenever_it_comes(site, plan, history, where):
    fault = Drop(stops_at=where)

    async def run():
        async with underway(fault, site, history, plan):
            await fault._maybe_stop("body")

    task = asyncio.create_task(run())
    await fault.reached.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert set() == site.broken
    assert [] == plan.owed()
    assert FaultStage.HEALED is stages(history)[-1]


async def test_a_cancellation_while_it_heals_waits_until_it_has_healed(site, plan, history):
    async def run():
        async with underway(Drop(), site, history, plan):
            pass

    task = asyncio.create_task(run())
    await site.healing.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert "healthy" == site.done[-1]
    assert [] == plan.owed()


@pytest.fixture
def nobody_handles_sigterm():
    """Commands that ran before in this process may have asked for it."""
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("nobody_handles_sigterm")
async def test_sigterm_heals_and_then_ends_the_process(plan, site, history):
    """Its handler is only there while something is broken."""
    ended = None
    try:
        async with underway(Drop(), site, history, plan):
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.Event().wait()
    except SystemExit as end:
        ended = end.code

    assert 143 == ended
    assert set() == site.broken
    assert signal.SIG_DFL is signal.getsignal(signal.SIGTERM)


async def test_a_step_that_fails_stops_no_other_and_stays_in_the_plan(site, plan, history):
    site.unmendable = {"handle"}

    with pytest.raises(StackError, match=r"mend handle failed \(no glue\).*veigo chaos heal"):
        async with underway(Drop(), site, history, plan):
            pass

    assert {"handle"} == site.broken
    assert [Owed("drop the teapot", MENDS[0])] == plan.owed()
    assert FaultStage.HEALED not in stages(history)


async def test_what_a_dead_harness_left_is_healed_from_the_plan_and_healing_twice_is_harmless(site, plan):
    plan.add("drop the teapot", MENDS)
    site.broken = {"handle", "spout"}
    owed = HealFile(plan.path.parent).owed()

    await heal(owed, site, plan)
    await heal(owed, site, plan)

    assert set() == site.broken
    assert [] == plan.owed()


async def test_faults_that_overlap_keep_each_others_steps(plan):
    plan.add("one", MENDS)
    plan.add("two", MENDS)

    plan.remove("one", MENDS[0])

    assert [Owed("one", MENDS[1]), *(Owed("two", step) for step in MENDS)] == plan.owed()


def test_a_damaged_plan_says_what_to_do(plan):
    plan.path.write_text("[{")

    with pytest.raises(StackError, match="is damaged"):
        plan.owed()


async def test_nodes_that_need_each_other_are_started_at_once(tmp_path):
    """Connect gets ready when Kafka is; whichever of them broke last."""
    plan = HealFile(tmp_path)
    steps = (HealStep("start", "connect"), HealStep("start", "kafka"), HealStep("mend", "offsets"))
    plan.add("kill both", steps)
    site = Teapot(plan)
    kafka_is_up = asyncio.Event()

    async def apply(step):
        if step.what == "connect":
            await asyncio.wait_for(kafka_is_up.wait(), 5)
        elif step.what == "kafka":
            kafka_is_up.set()
        site.done.append(step.what)

    site.apply = apply
    await heal([Owed("kill both", step) for step in steps], site, plan)

    assert ["kafka", "connect", "offsets", "healthy"] == site.done
    assert [] == plan.owed()


async def test_what_is_owed_to_one_node_is_done_in_its_order(tmp_path):
    """A paused container cannot be started before it goes on; others need not wait for it."""
    site = Teapot(HealFile(tmp_path))
    going_on = asyncio.Event()

    async def apply(step):
        if step.do == "go_on":
            await asyncio.wait_for(going_on.wait(), 5)
        elif step.what == "chat":
            going_on.set()
        site.done.append(f"{step.do} {step.what}")

    site.apply = apply
    steps = (HealStep("go_on", "realtime"), HealStep("start", "realtime"), HealStep("start", "chat"))
    await heal([Owed("pause realtime, kill chat", step) for step in steps], site, site.plan)

    assert ["start chat", "go_on realtime", "start realtime", "healthy"] == site.done
