"""``veigo authz-lag``: how long after a removal is somebody still told things, or let do things? The latter: never.

It needs a stack that is up. One command to try it: ``veigo authz-lag --removals 10``.
"""

import asyncio
import math
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veigo.commands.display import say
from veigo.commands.judging import judging
from veigo.commands.up import Name, running
from veigo.stack.problem import NotReadyError, StackError
from veigo.stack.readiness import until
from veigo.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veigo.stack.stack import Stack
    from veigo.workloads.removals import Capture, Trial

CAPTURE_WITHIN_S = 30.0
UNCLEAR_SHOWN_MAX = 5
ATTEMPTS = ("send", "read", "edit", "join")


def authz_lag(
    name: Name = "default",
    removals: Annotated[int, typer.Option("--removals", min=1, help="How many, calm and again under load.")] = 40,
    rate: Annotated[float, typer.Option("--rate", min=0, help="Messages per second of the load; 0: calm only.")] = 50,
    pause_capture: Annotated[
        bool, typer.Option("--pause-capture", help="With change capture stopped meanwhile, and resumed after.")
    ] = False,
) -> None:
    """Remove members and measure what they still get. Exit code 0: holds, 1: violated, 2: inconclusive."""
    with judging():  # also when it is ended, change capture goes on again before it is over
        stack = running(name)
        verdict = asyncio.run(_measure(stack, removals, rate, pause_capture=pause_capture))
    raise typer.Exit(verdict.exit_code)


async def _measure(stack: "Stack", removals: int, rate: float, *, pause_capture: bool) -> Verdict:
    from veigo.client.session import StepFailed
    from veigo.history import History
    from veigo.workloads.removals import Removals

    trials: list[Trial] = []
    with tempfile.TemporaryDirectory() as folder:
        async with History(Path(folder) / "history.jsonl") as history:
            workload = Removals(f"http://{stack.address('gateway')}", history)
            try:
                await workload.prepare()
                for title, load in [("calm", 0.0), (f"beside {rate:g} messages/s", rate)][: 2 if rate else 1]:
                    done = await workload.trials(removals, load, _capture_of(stack) if pause_capture else None)
                    _show(title, done)
                    trials += done
            except StepFailed as failed:
                raise StackError(f"nothing could be measured: {failed}") from failed
            finally:
                await workload.close()
    return _verdict(trials)


def _capture_of(stack: "Stack") -> "Capture":
    """What stops chat's change capture and lets it go on, through Connect."""

    async def capture(goes_on: bool) -> None:
        from stack import rest

        verb, state = ("resume", "RUNNING") if goes_on else ("pause", "PAUSED")
        await rest.request(stack.address("connect"), "PUT", f"/connectors/chat/{verb}")
        await until(partial(_require, stack, state), CAPTURE_WITHIN_S, f"change capture did not become {state}")

    return capture


async def _require(stack: "Stack", state: str) -> None:
    from stack import rest

    status = await rest.request(stack.address("connect"), "GET", "/connectors/chat/status")
    states = {task["state"] for task in status["tasks"]}
    if states != {state}:
        raise NotReadyError(f"its task is {', '.join(states)}")


def _show(title: str, trials: "Sequence[Trial]") -> None:
    rows = {
        "the member's last frame": [trial.last_frame_ms for trial in trials],
        **{f"{name} refused": [trial.refused_ms.get(name) for trial in trials] for name in ATTEMPTS},
        "the owner's next send": [trial.owner_ms for trial in trials],
    }
    say()
    say(f"{title}: {len(trials)} removals; milliseconds after the removal was acknowledged")
    say(f"  {'':26}{'p50':>9}{'p99':>9}{'max':>9}{'of':>6}")
    for label, values in rows.items():
        known = sorted(value for value in values if value is not None)
        figures = "".join(f"{_at(known, share):9.1f}" for share in (0.5, 0.99, 1.0)) if known else f"{'none':>27}"
        say(f"  {label:26}{figures}{len(known):6}")


def _at(values: list[float], share: float) -> float:
    """The value below which that share of sorted values lies (nearest rank)."""
    return values[math.ceil(len(values) * share) - 1]


def _verdict(trials: "Sequence[Trial]") -> Verdict:
    granted = [name for trial in trials for name in trial.granted]
    beyond = sum(trial.beyond for trial in trials)
    unclear = [line for trial in trials for line in trial.unclear]
    asked = sum(len(trial.refused_ms) for trial in trials)
    say()
    if granted or beyond:
        say(f"✗ VIOLATED: {len(granted)} attempts were granted after a removal, {beyond} frames came beyond one")
        return Verdict.VIOLATED
    if unclear or not asked:
        say(f"? INCONCLUSIVE: {len(unclear)} attempts ended unclearly")
        for line in unclear[:UNCLEAR_SHOWN_MAX]:
            say(f"    {line}")
        return Verdict.INCONCLUSIVE
    say(f"✓ HOLDS: all {asked} attempts after a removal were refused, and no frame came beyond one")
    return Verdict.HOLDS
