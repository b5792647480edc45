"""A trial carried out: people talk, something breaks and is felt, it heals, and they talk on until all is as it was.

It is a workload of ``audited_run.py``, so that whatever ends it, what was seen so far is judged; and the fault is a
context (``faults/underway.py``), so that whatever ends it, it heals.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from veigo.charts import milliseconds
from veigo.checkers.ledger import Ledger
from veigo.faults.fault import Fault
from veigo.faults.heal import HealPlan
from veigo.faults.site import Site
from veigo.faults.underway import underway
from veigo.history import AlarmRaised, FaultEvent, FaultStage, History, now
from veigo.plan import ALARM_WITHIN_S, Does, Step, Trial
from veigo.recovery import recoveries
from veigo.stack.alarms import PASSING, Alarm, Alarms, Gap
from veigo.steady_state import TERMS, bound_ms, steady_from
from veigo.step_log import StepLogs
from veigo.trial_figures import back_s
from veigo.workloads.talk import Talk

LOOK_EVERY_S = 0.25
CONFIRM_EVERY_S = 1.0
DRAINED_WITHIN_S = 60.0  # what a read of every room's log takes, many times over


@dataclass(frozen=True, slots=True)
class Place:
    """Where a trial takes place: a stack by its doors, and where it is broken and healed."""

    gateways: tuple[str, ...]
    site: Site
    heal_plan: HealPlan
    alarms: Alarms


# Asked before every step; the step begins when it returns.
Pace = Callable[[Step], Awaitable[None]]


async def at_once(_: Step) -> None:
    """The pace of who waits for nobody."""


class TrialRun:
    """One trial; made anew for each."""

    def __init__(self, trial: Trial, place: Place, history: History, logs: StepLogs, pace: Pace = at_once) -> None:
        self._trial = trial
        self._place = place
        self._history = history
        self._logs = logs
        self._pace = pace
        self._steps = {step.does: step for step in trial.steps}
        self._talk = Talk(trial.experiment.workload, place.gateways, trial.seed, history)
        self._bound_ms = 0.0

    async def __aenter__(self) -> Self:
        await self._talk.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Send the people home."""
        await self._talk.__aexit__()

    async def hold(self) -> None:
        """Carry out every step but the last, which judges.

        Raises:
            StepFailed: the people could not get as far as talking.
            StackError: the fault could not be injected, was not felt, or could not be healed.
        """
        async with self._step(Does.GATHER):
            await self._talk.gather()
        async with self._step(Does.WARM_UP) as note:
            began_ns, _ = now()
            self._talk.begin()
            await asyncio.sleep(self._trial.experiment.timing.warmup_s)
            self._bound_ms = bound_ms(self._talk.pulses.since(began_ns))
            note(f"in time is what takes {milliseconds(self._bound_ms)} at most")
        broken_ns, _ = now()
        if (fault := self._trial.fault) is not None:
            await self._break(fault)
        async with self._step(Does.RECOVER) as note:
            await self._recover(broken_ns, note)
        async with self._step(Does.DRAIN) as note:
            await self._talk.end()
            drained = await self._talk.drain(DRAINED_WITHIN_S)
            note("all is delivered" if drained else f"{self._talk.outstanding:,} deliveries are still owed")

    async def _break(self, fault: Fault) -> None:
        """Inject the fault, leave it alone, and heal it whatever happens."""
        async with contextlib.AsyncExitStack() as broken:
            try:
                async with self._step(Does.INJECT) as note:
                    await broken.enter_async_context(
                        underway(fault, self._place.site, self._history, self._place.heal_plan)
                    )
                    note(f"felt: {self._felt()}")
                if Does.ALARM in self._steps:
                    async with self._step(Does.ALARM) as note:
                        await self._until_alarmed(note)
                if Does.HOLD in self._steps:
                    async with self._step(Does.HOLD):
                        await asyncio.sleep(self._trial.experiment.timing.fault_s)
            finally:
                async with self._step(Does.HEAL):
                    await broken.aclose()

    async def _until_alarmed(self, note: Callable[[str], None]) -> None:
        """Wait for an alarm that only a repair ends and that names what is missing; what was raised is judged later."""
        broken_us = next(event.at_us for event in self._history.records if isinstance(event, FaultEvent))
        deadline_ns = now()[0] + round(ALARM_WITHIN_S * 1e9)
        told: list[Alarm] = []
        while now()[0] < deadline_ns:
            for alarm in self._place.alarms.told():
                if alarm.at_us < broken_us or alarm.kind in PASSING or alarm in told:
                    continue
                told.append(alarm)
                note(alarm.sentence)
                gap = "" if alarm.gap == Gap() else str(alarm.gap)
                self._history.append(AlarmRaised(alarm.kind, alarm.about, alarm.sentence, gap, *now()))
                if gap:
                    return
            await asyncio.sleep(LOOK_EVERY_S)
        note("no alarm says what is missing" if told else "no alarm was raised")

    def _felt(self) -> str:
        events = [event for event in self._history.records if isinstance(event, FaultEvent)]
        return next((event.detail or "" for event in reversed(events) if event.stage is FaultStage.FELT), "")

    async def _recover(self, broken_ns: int, note: Callable[[str], None]) -> None:
        """Talk on until the stack is back, or the bound is over."""
        healed_ns, _ = now()
        longest_s = self._trial.experiment.timing.recovery_s + TERMS.steady_s + self._bound_ms / 1e3
        deadline_ns = healed_ns + round(longest_s * 1e9)
        while (now_ns := now()[0]) < deadline_ns:
            self._talk.check()
            pulses = self._talk.pulses.since(broken_ns)
            back_ns = steady_from(pulses, healed_ns, now_ns, self._bound_ms)
            if back_ns is not None and await asyncio.to_thread(self._confirmed):
                note(f"back after {(back_ns - healed_ns) / 1e9:.2f} s")
                return
            await asyncio.sleep(LOOK_EVERY_S if back_ns is None else CONFIRM_EVERY_S)
        note("not back within the bound")

    def _confirmed(self) -> bool:
        """Whether the history says so too, of every fault; it is asked last, as reading it takes a while."""
        measured = recoveries(Ledger.of(list(self._history.records)), TERMS)
        return all(back_s(recovery) is not None for recovery in measured)

    @contextlib.asynccontextmanager
    async def _step(self, does: Does) -> AsyncIterator[Callable[[str], None]]:
        step = self._steps[does]
        await self._pace(step)
        with self._logs.step(step) as note:
            yield note
