"""A chaos run on the stacks it needs, one stand after the other (``ground.py``), trial by trial."""

import os
import time
from typing import TYPE_CHECKING

from veigo.commands.display import complain, say
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

    def carry_out(self, stands: "Sequence[Stand]") -> None:
        """Carry all trials out, stand by stand; what cannot be had, or is interrupted, is left out and said."""
        try:
            for stand in stands:
                if not self.interrupted:
                    # The next stand is another stack of the same name, so that only the last one can be kept.
                    self._stand(stand, keep=self._keep and stand is stands[-1])
        except KeyboardInterrupt:  # between two trials, or while one was judged; those before it are on the card
            self.interrupted = True

    def _stand(self, stand: "Stand", *, keep: bool) -> None:
        from veigo.commands.chaos.ground import Ground

        before = len(self.results)
        try:
            with Ground.under(stand, self._name, keep=keep) as ground:
                for trial in stand.trials:
                    if self.interrupted or not ground.is_healthy():
                        break
                    self._try(trial, ground.stack)
        except StackError as error:
            left = len(stand.trials) - (len(self.results) - before)
            complain(f"{left} trials on {stand} are left out: {error}")

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
