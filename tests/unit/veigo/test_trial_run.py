"""A trial carries out its plan step by step, and whatever ends it in the middle, what was broken is healed."""

import asyncio

import pytest

import veigo.trial_run
from veigo.experiment import Experiment, Timing
from veigo.faults.fault import Fault
from veigo.faults.heal import HealFile, HealStep
from veigo.history import AlarmRaised, FaultEvent, FaultStage, History
from veigo.plan import Does, plan_of
from veigo.stack.alarms import AlarmKind, Alarms, Gap
from veigo.step_log import StepLogs
from veigo.trial_run import Place, TrialRun
from veigo.workloads.send_and_read import SendAndRead


class Breakage(Fault):
    """Something that breaks and heals as it is told to."""

    model = "nothing real"

    def __init__(self, unrecoverable=False, broken=None):
        self.unrecoverable = unrecoverable
        self.broken = broken

    name = "break it"
    nodes = ("chat",)

    def heals(self):
        return (HealStep("start", "chat"),)

    async def inject(self, site):
        site.did.append("broken")
        if self.broken:
            self.broken()

    async def felt(self, site):
        return "somebody felt it"


class Workshop:
    """A site that writes down what is done to it."""

    def __init__(self):
        self.did = []

    async def apply(self, step):
        self.did.append(f"{step.do} {step.what}")

    async def until_healthy(self):
        self.did.append("healthy")


class Chatter:
    """People who say nothing, and are heard at once."""

    outstanding = 0

    def __init__(self, *_):
        self.pulses = self

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    def since(self, _):
        return []

    def begin(self):
        pass

    def check(self):
        pass

    async def gather(self):
        pass

    async def end(self):
        pass

    async def drain(self, within_s):
        return True


@pytest.fixture(autouse=True)
def calm(monkeypatch):
    monkeypatch.setattr(veigo.trial_run, "Talk", Chatter)
    monkeypatch.setattr(veigo.trial_run, "steady_from", lambda pulses, healed_ns, now_ns, bound_ms: healed_ns)
    monkeypatch.setattr(TrialRun, "_confirmed", lambda _: True)  # by deliveries, of which these people have none
    monkeypatch.setattr(veigo.trial_run, "ALARM_WITHIN_S", 0.05)
    monkeypatch.setattr(TrialRun, "_confirmed", lambda _: True)  # nobody spoke, so the history cannot say so


@pytest.fixture
def site():
    return Workshop()


@pytest.fixture
async def history(tmp_path):
    async with History(tmp_path / "history.jsonl") as history:
        yield history


def run_of(fault, site, history, tmp_path, fault_s=0.0, **more):
    experiment = Experiment(SendAndRead(), fault, Timing(warmup_s=0.001, fault_s=fault_s))
    trial = next(trial for trial in plan_of([("broken", experiment)], [1]).trials if trial.fault is not None)
    logs = StepLogs(tmp_path, lambda node: tmp_path / f"{node}.log", (), lambda _: None)
    return trial, TrialRun(trial, Place((), site, HealFile(tmp_path), Alarms(tmp_path)), history, logs, **more)


def stages(history):
    return [event.stage for event in history.records if isinstance(event, FaultEvent)]


async def test_every_step_but_the_last_is_taken_in_order_and_logged(site, history, tmp_path):
    taken = []

    async def pace(step):
        taken.append(step.does)

    trial, run = run_of(Breakage(), site, history, tmp_path, fault_s=0.001, pace=pace)
    async with run:
        await run.hold()

    assert [step.does for step in trial.steps[:-1]] == taken
    assert ["broken", "start chat", "healthy"] == site.did
    assert [FaultStage.INJECTED, FaultStage.FELT, FaultStage.HEALING, FaultStage.HEALED] == stages(history)
    assert "felt: somebody felt it" in (tmp_path / "03_break_it.log").read_text()
    assert all((tmp_path / step.log).exists() for step in trial.steps[:-1])


async def test_who_is_interrupted_while_it_is_broken_heals_it_first(site, history, tmp_path):
    holding = asyncio.Event()

    async def pace(step):
        if step.does is Does.HOLD:
            holding.set()

    _, run = run_of(Breakage(), site, history, tmp_path, fault_s=600, pace=pace)
    task = asyncio.create_task(run.hold())
    await holding.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert ["broken", "start chat", "healthy"] == site.did
    assert [] == HealFile(tmp_path).owed()


def raised_in(history):
    return [record for record in history.records if isinstance(record, AlarmRaised)]


async def test_an_alarm_raised_since_is_written_into_the_history(site, history, tmp_path):
    alarms = Alarms(tmp_path)
    alarms.raise_(AlarmKind.SLOT_LOST, "chat", "an old story", Gap())
    fault = Breakage(True, lambda: alarms.raise_(AlarmKind.SLOT_DROPPED, "chat", "3 events are missing", Gap(events=3)))
    trial, run = run_of(fault, site, history, tmp_path)
    await run.hold()

    assert Does.ALARM in {step.does for step in trial.steps}
    (raised,) = raised_in(history)
    assert ("slot_dropped", "chat", "3 events are missing") == (raised.alarm, raised.about, raised.sentence)
    assert raised.gap.startswith("3 events")


async def test_an_alarm_that_does_not_say_what_is_missing_is_written_down_as_such(site, history, tmp_path):
    alarms = Alarms(tmp_path)
    fault = Breakage(True, lambda: alarms.raise_(AlarmKind.SLOT_DROPPED, "chat", "it cannot be said now", Gap()))
    _, run = run_of(fault, site, history, tmp_path)
    await run.hold()

    assert [""] == [raised.gap for raised in raised_in(history)]


async def test_silence_is_not_an_alarm(site, history, tmp_path):
    _, run = run_of(Breakage(unrecoverable=True), site, history, tmp_path)
    await run.hold()

    assert [] == raised_in(history)
    assert "no alarm was raised" in next(tmp_path.glob("04_*.log")).read_text()
