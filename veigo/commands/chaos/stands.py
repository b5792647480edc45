"""The stacks of a chaos run: started when they do not run, made anew when left broken, and left as they were found."""

import asyncio
import os
import time
from typing import TYPE_CHECKING

from veigo.commands.display import complain, progress, say
from veigo.stack.problem import StackError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from veigo.catalogue import Entry
    from veigo.chaos_run import Arena
    from veigo.checkers.checker import Checker
    from veigo.plan import Stand, Step, Trial
    from veigo.report_card import TrialResult
    from veigo.run_folder import RunFolder
    from veigo.stack.stack import Stack

CALM = "The same people on the same stack, with nothing broken."


class Session:
    """One chaos run on the stacks it needs."""

    def __init__(self, run: "RunFolder", entries: "Mapping[str, Entry]", name: str, *, keep: bool) -> None:
        self.results: list[TrialResult] = []
        self.interrupted = False
        self._run = run
        self._entries = entries
        self._experiments = {entry.name: entry.load() for entry in entries.values()}
        self._name = name
        self._keep = keep

    def carry_out(self, stand: "Stand") -> None:
        """Carry all trials of a stand out, on a stack as it asks for.

        Raises:
            StackError: there is no such stack and none can be started.
        """
        from stack.runtimes import runtime_of
        from veigo.commands.up import opened

        stack = opened(self._name, None, [f"{node}={count}" for node, count in stand.scale.items()])
        found_running = runtime_of(stack).is_running()
        self._up(stack)
        try:
            for trial in stand.trials:
                if not self.interrupted:
                    self._on_a_healthy(stack, trial, found_running=found_running)
        except KeyboardInterrupt:  # between two trials, or while one was judged; those before it are on the card
            self.interrupted = True
        finally:
            if not found_running and not self._keep:
                say(f"stopping stack {stack.name}")
                asyncio.run(runtime_of(stack).bring_down(lambda _: None, purge=True))

    def _up(self, stack: "Stack") -> None:
        from stack.runtimes import runtime_of

        with progress() as report:
            asyncio.run(runtime_of(stack).bring_up(report))

    def _on_a_healthy(self, stack: "Stack", trial: "Trial", *, found_running: bool) -> None:
        if not _is_healthy(stack):
            if found_running:
                complain(f"stack {stack.name} did not get healthy again; `veigo chaos heal --name {stack.name}`")
                self.interrupted = True
                return
            self._renew(stack)
        self._try(trial, stack)

    def _renew(self, stack: "Stack") -> None:
        """Start over with an empty stack, when a trial left it broken; somebody else's stays as it is."""
        from stack.runtimes import runtime_of

        say(f"stack {stack.name} did not get healthy again; starting over with an empty one")
        asyncio.run(runtime_of(stack).bring_down(lambda _: None, purge=True))
        self._up(stack)

    def _try(self, trial: "Trial", stack: "Stack") -> None:
        import uvloop

        from veigo.chaos_run import run_trial

        say(f"{trial.number} {trial.name}, seed {trial.seed}")
        began = time.monotonic()
        sentence = self._entries[trial.name].sentence if trial.name in self._entries else CALM
        result = uvloop.run(run_trial(trial, sentence, self._checkers(trial), arena_of(stack), self._run, _tell))
        self.results.append(result)
        self.interrupted = any("interrupted" in note for note in result.notes)
        say(f"  {result.verdict} after {time.monotonic() - began:.1f} s")
        for note in result.notes:
            complain(note)

    def _checkers(self, trial: "Trial") -> "Sequence[Checker]":
        if not trial.judges:
            return [*trial.experiment.during, *trial.experiment.after]
        return [checker for name in trial.judges for checker in self._experiments[name].after]


def _tell(step: "Step") -> None:
    say(f"  {step.number:02} {step.says}")


def _is_healthy(stack: "Stack") -> bool:
    from stack.runtimes import site_of

    try:
        asyncio.run(site_of(stack).until_healthy())
    except StackError as error:
        complain(str(error))
        return False
    return True


def arena_of(stack: "Stack") -> "Arena":
    """All that a trial needs to know of a stack."""
    from stack.auditor import Auditor
    from stack.runtimes import alarms_of, runtime_of, site_of
    from veigo.chaos_run import Arena
    from veigo.faults.heal import HealFile
    from veigo.trial_run import Place

    gateways = tuple(f"http://{stack.address(node.name)}" for node in stack.topology.replicas("gateway"))
    traced = os.environ.get("OTEL_SDK_DISABLED", "").lower() != "true"
    return Arena(
        place=Place(gateways, site_of(stack), HealFile(stack.folder), alarms_of(stack)),
        kafka=stack.addresses_of("kafka"),
        auditor=Auditor(stack),
        collector_url=f"http://{stack.address('collector')}" if traced else None,
        node_log=runtime_of(stack).log,
    )
