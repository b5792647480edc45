"""The toolkit's activities carry a trial out one step at a time, and its rollback ends it wherever it is."""

import asyncio
import threading
from pathlib import Path

import pytest

import veigo.chaos_run
import veigo.chaostoolkit
import veigo.commands.chaos.stands
from veigo.chaostoolkit import PacedTrial, carry_out, what_was_promised_held
from veigo.plan import Does
from veigo.stack.problem import StackError
from veigo.verdict import Verdict

EXPERIMENT = '''"""Nothing happens, and everything holds."""
from veigo.experiment import Experiment
from veigo.faults.kill import Kill
from veigo.workloads.send_and_read import SendAndRead
experiment = Experiment(SendAndRead(), Kill("kafka"))
'''


class Unhurried(PacedTrial):
    """Whose thread begins when it is told to."""

    def __init__(self, *arguments):
        self.late = threading.Event()
        super().__init__(*arguments)

    def _live(self):
        self.late.wait(10)
        super()._live()


class Result:
    """What a trial came to, as far as the toolkit asks."""

    verdict = Verdict.HOLDS
    folder = "02_calm_seed_1"


class Trials:
    """Stands in for whoever carries a trial out: asks before every step, and writes down which it took."""

    def __init__(self):
        self.taken = []
        self.cancelled = threading.Event()
        self.breaks_at = None

    async def run(self, trial, sentence, checkers, arena, run, pace):
        try:
            for step in trial.steps[:-1]:
                await pace(step)
                if step.does is self.breaks_at:
                    raise RuntimeError("the kettle fell")
                self.taken.append(step.does)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return Result()


@pytest.fixture
def trials(monkeypatch, tmp_path):
    trials = Trials()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(veigo.chaos_run, "run_trial", trials.run)
    monkeypatch.setattr(veigo.commands.chaos.stands, "arena_of", lambda stack: None)
    monkeypatch.setattr(veigo.chaostoolkit, "running", lambda name: None)
    begun = {}
    monkeypatch.setattr(veigo.chaostoolkit, "_trials", begun)
    yield trials
    for trial in begun.values():  # or its thread would wait for its next step, and this process for the thread
        trial.end()


@pytest.fixture
def experiment(tmp_path):
    path = tmp_path / "calm.py"
    path.write_text(EXPERIMENT)
    return str(path)


def test_a_step_is_taken_when_it_is_asked_for_and_not_before(trials, experiment):
    carry_out(experiment, "default", 1, 1)
    assert [Does.GATHER] == trials.taken

    carry_out(experiment, "default", 1, 2)
    assert [Does.GATHER, Does.WARM_UP] == trials.taken


def test_the_last_step_tells_the_verdict_and_where_to_look(trials, experiment):
    said = [carry_out(experiment, "default", 1, step) for step in range(1, 9)]

    assert ["done"] * 5 == said[:5]
    assert said[-1].startswith("holds, in runs/")
    assert what_was_promised_held(experiment, 1)


def test_nothing_is_held_against_a_trial_before_it_began_but_everything_until_it_is_over(trials, experiment):
    assert what_was_promised_held(experiment, 1)

    carry_out(experiment, "default", 1, 1)
    assert not what_was_promised_held(experiment, 1)


def test_a_trial_that_breaks_fails_the_step_it_broke_at(trials, experiment):
    trials.breaks_at = Does.WARM_UP
    carry_out(experiment, "default", 1, 1)

    with pytest.raises(StackError, match="the kettle fell"):
        carry_out(experiment, "default", 1, 2)
    assert not what_was_promised_held(experiment, 1)


def test_a_step_of_a_trial_that_never_began_is_refused(trials, experiment):
    with pytest.raises(StackError, match="its step 1 comes first"):
        carry_out(experiment, "default", 1, 3)


def test_whoever_ends_it_in_the_middle_cancels_it_and_waits_until_it_is_over(trials, experiment, tmp_path):
    carry_out(experiment, "default", 1, 1)
    trial: PacedTrial = veigo.chaostoolkit._trials[experiment, 1]
    trial.end()

    assert trials.cancelled.is_set()
    assert not what_was_promised_held(experiment, 1)


def test_a_trial_that_is_ended_before_it_began_never_takes_a_step(trials, experiment, monkeypatch):
    """Its thread may come to it only after the rollback did."""
    trial = PacedTrial.begin.__func__(Unhurried, Path(experiment), None, 1, full=False)
    threading.Timer(0.1, trial.late.set).start()
    trial.end()

    assert [] == trials.taken
    assert not trial._thread.is_alive()


def test_a_step_that_nobody_asks_for_ends_the_trial(trials, experiment, monkeypatch):
    carry_out(experiment, "default", 1, 1)
    monkeypatch.setattr(veigo.chaostoolkit, "STEP_WITHIN_S", 0.05)
    carry_out(experiment, "default", 1, 2)
    trial = veigo.chaostoolkit._trials[experiment, 1]
    trial._thread.join(10)

    assert "nobody asked for step 3" in str(trial._error)


def test_a_trial_that_does_not_end_is_no_rollback(trials, experiment, monkeypatch):
    stuck = threading.Event()
    monkeypatch.setattr(PacedTrial, "_live", lambda self: stuck.wait(10))
    monkeypatch.setattr(veigo.chaostoolkit, "STEP_WITHIN_S", 0.05)
    trial = PacedTrial.begin(Path(experiment), None, 1, full=False)

    with pytest.raises(StackError, match="did not end within"):
        trial.end()
    stuck.set()
