"""Actions and probes for the Chaos Toolkit: plain functions, named in what ``veigo chaos export`` writes.

    veigo up && veigo chaos export kafka_killed_under_load && chaos run kafka_killed_under_load.json

The trial lives in a thread of its own and takes one step whenever ``carry_out`` lets it, so that the toolkit's journal
has every step with its times. The hypothesis is asked before and after, and the rollbacks heal whatever is left to
heal, also after Ctrl-C. Nothing here imports the toolkit.
"""

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from veigo.commands.up import running
from veigo.run_folder import RunFolder
from veigo.stack.problem import StackError
from veigo.verdict import Verdict

if TYPE_CHECKING:
    from veigo.catalogue import Entry
    from veigo.plan import Step, Trial
    from veigo.report_card import TrialResult
    from veigo.stack.stack import Stack

STEP_WITHIN_S = 1_800.0  # the longest fault there is, left alone for its real minutes, and as much again
RUNS = Path("runs")

_trials: dict[tuple[str, int], "PacedTrial"] = {}  # the toolkit calls functions; this is what they have in common


def every_node_answers(stack: str) -> bool:
    """Probe: every node answers a real request, and every connector runs."""
    from stack.runtimes import site_of

    asyncio.run(site_of(running(stack)).until_healthy())
    return True


def a_message_goes_all_the_way(stack: str) -> bool:
    """Probe: a message goes from the mutation to a member's socket."""
    from stack import canary

    asyncio.run(canary.run(running(stack)))
    return True


def what_was_promised_held(experiment: str, seed: int) -> bool:
    """Probe: everything promised held in this process's trial; before there was one, nothing has been broken yet."""
    trial = _trials.get((experiment, seed))
    return trial is None or (trial.result is not None and trial.result.verdict is Verdict.HOLDS)


def carry_out(experiment: str, stack: str, seed: int, step: int, full: bool = False) -> str:
    """Action: let the trial of an experiment take a step, and wait until it is done; the first step begins the trial.

    Args:
        experiment: the experiment's file.
        stack: the name of the stack, which must be up.
        seed: who says what and when, and what is drawn by lot.
        step: the step's number in the plan.
        full: whether the fault is left alone for its real minutes.

    Raises:
        StackError: the stack is not up, the trial is not there, or the step took too long.
    """
    if step == 1:
        _trials[experiment, seed] = PacedTrial.begin(Path(experiment), running(stack), seed, full=full)
    if (trial := _trials.get((experiment, seed))) is None:
        raise StackError(f"{experiment} has not begun under seed {seed}; its step 1 comes first")
    return trial.take(step)


def heal_everything(stack: str) -> str:
    """Rollback: end whatever trial is under way, and apply what is left of the heal plan."""
    from stack.runtimes import site_of
    from veigo.faults.heal import HealFile
    from veigo.faults.underway import heal

    for trial in _trials.values():
        trial.end()
    there = running(stack)
    plan = HealFile(there.folder)
    owed = plan.owed()
    asyncio.run(heal(owed, site_of(there), plan))
    return f"{len(owed)} steps were left to heal"


class PacedTrial:
    """A trial in a thread, one step at a time."""

    def __init__(self, entry: "Entry", trial: "Trial", stack: "Stack") -> None:
        self.result: TrialResult | None = None
        self._entry = entry
        self._trial = trial
        self._stack = stack
        self._run = RunFolder.make(RUNS)
        self._changed = threading.Condition()
        self._waiting_at = 0  # the step that the trial would begin next
        self._allowed = 0  # the last step that it may begin
        self._ended = False  # nobody asks for further steps
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[TrialResult] | None = None
        self._thread = threading.Thread(target=self._live, name=trial.folder, daemon=True)

    @classmethod
    def begin(cls, path: Path, stack: "Stack", seed: int, *, full: bool) -> "PacedTrial":
        """Begin the trial of an experiment's file; it waits at its first step."""
        from veigo.catalogue import Entry, sentence_of
        from veigo.plan import plan_of

        entry = Entry(path.stem, sentence_of(path), path)
        plan = plan_of([(entry.name, entry.load())], [seed], full=full)
        begun = cls(entry, next(trial for trial in plan.trials if trial.name == entry.name), stack)
        begun._thread.start()
        return begun

    def take(self, step: int) -> str:
        """Take a step, and wait until it is done.

        Raises:
            StackError: it took too long, or the trial broke.
        """
        with self._changed:
            self._allowed = step
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: self._waiting_at > step or self._over, STEP_WITHIN_S):
                raise StackError(f"step {step} of {self._trial.folder} was not done within {STEP_WITHIN_S:g} s")
        if self._error is not None:
            raise StackError(f"{self._trial.folder} broke: {self._error!r}") from self._error
        return "done" if self.result is None else f"{self.result.verdict}, in {self._run.path / self.result.folder}"

    def end(self) -> None:
        """End the trial wherever it is, also before it has begun; what it broke it heals.

        Raises:
            StackError: it did not end in time.
        """
        with self._changed:
            self._ended = True
            if self._loop is not None and self._task is not None and not self._over:
                self._loop.call_soon_threadsafe(self._task.cancel)
            self._changed.notify_all()
        self._thread.join(STEP_WITHIN_S)
        if self._thread.is_alive():
            raise StackError(f"{self._trial.folder} did not end within {STEP_WITHIN_S:g} s; `veigo chaos heal` heals")

    @property
    def _over(self) -> bool:
        return self.result is not None or self._error is not None

    def _live(self) -> None:
        result, error = None, None
        try:
            result = asyncio.run(self._carried_out())
        except BaseException as raised:  # noqa: BLE001 - it is told to whoever takes the next step
            error = raised
        with self._changed:
            self.result, self._error = result, error
            self._changed.notify_all()

    async def _carried_out(self) -> "TrialResult":
        from veigo.chaos_run import run_trial
        from veigo.commands.chaos.stands import arena_of

        checkers = [*self._trial.experiment.during, *self._trial.experiment.after]
        arena = arena_of(self._stack)
        trial = run_trial(self._trial, self._entry.sentence, checkers, arena, self._run, pace=self._pace)
        with self._changed:
            self._loop, self._task = asyncio.get_running_loop(), asyncio.create_task(trial)
            if self._ended:
                self._task.cancel()
        return await self._task

    async def _pace(self, step: "Step") -> None:
        """Wait until the step may begin."""
        with self._changed:
            self._waiting_at = step.number
            self._changed.notify_all()
        await asyncio.to_thread(self._until_allowed, step.number)

    def _until_allowed(self, number: int) -> None:
        """Block until then, in a thread.

        Raises:
            StackError: nobody asked for the step; whoever carries the experiment out is gone, and what is broken heals.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._allowed >= number or self._ended, STEP_WITHIN_S):
                raise StackError(f"nobody asked for step {number} within {STEP_WITHIN_S:g} s")
