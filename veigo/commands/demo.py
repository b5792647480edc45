"""``veigo demo``: users chat through the stack, and everything they were told and received is judged.

It starts the stack if it is not up, and leaves it as it found it. One command to try it: ``veigo demo --seconds 5``.
"""

import dataclasses
import random
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veigo.commands.display import say
from veigo.commands.judging import NOT_KEPT, brought_up, judging
from veigo.commands.up import Name
from veigo.verdict import Verdict
from veigo.workloads.script import Shape, UnplayableShapeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from veigo.audited_run import Plan
    from veigo.history import History
    from veigo.report import Report
    from veigo.run_folder import RunFolder
    from veigo.stack.stack import Stack
    from veigo.workloads.conversation import Conversation, Progress

FAULT_MODEL = "no faults were injected; nothing is said about what happens when a part dies"


def demo(
    name: Name = "default",
    users: Annotated[
        int, typer.Option("--users", help="How many people; the last of them is kept out of a room.")
    ] = 12,
    rooms: Annotated[int, typer.Option("--rooms", help="How many rooms they talk in.")] = 3,
    seconds: Annotated[float, typer.Option("--seconds", help="How long they talk.")] = 20,
    rate: Annotated[float, typer.Option("--rate", help="Messages per second, in all rooms together.")] = 50,
    seed: Annotated[int | None, typer.Option("--seed", help="Who says what and when; the same seed, the same.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack running, even if this started it.")] = False,
    into: Annotated[Path, typer.Option("--into", help="The folder that gets the run's folder.")] = Path("runs"),
) -> None:
    """Let real users chat, and judge what they saw. Exit code 0: holds, 1: violated, 2: inconclusive."""
    seed = secrets.randbelow(2**32) if seed is None else seed
    with judging(UnplayableShapeError):
        shape = Shape(users=users, rooms=rooms, seconds=seconds, rate=rate)
        verdict = _on_the_stack(name, shape, seed, into, keep=keep)
    raise typer.Exit(verdict.exit_code)


def _on_the_stack(name: str, shape: Shape, seed: int, into: Path, *, keep: bool) -> Verdict:
    """Make sure the stack is up, run, and leave the stack as it was found."""
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.stack.stack import Stack

    stack = Stack.open(TOPOLOGY, toolchain(), name=name)
    with brought_up(stack, keep=keep, hint=NOT_KEPT) as stays:
        return _run(stack, shape, seed, into, stays=stays)


def _run(stack: "Stack", shape: Shape, seed: int, into: Path, *, stays: bool) -> Verdict:
    import uvloop

    from stack.auditor import Auditor
    from veigo.audited_run import audited_run
    from veigo.checkers.read_model_catches_up import ReadModelCatchesUp
    from veigo.commands.run_display import Watch, show
    from veigo.run_folder import RunFolder
    from veigo.traced_plan import traced
    from veigo.witness import Witness

    folder = RunFolder.make(into)
    with Watch() as watch:
        plan = plan_of(f"http://{stack.address('gateway')}", shape, seed, watch.note)
        plan = traced(plan, f"http://{stack.address('collector')}", folder)
        plan = dataclasses.replace(plan, checkers=[*plan.checkers, ReadModelCatchesUp()])
        report, page = uvloop.run(audited_run(plan, folder, Witness(stack.addresses_of("kafka")), Auditor(stack)))
    show(report)
    _say_where_to_look(stack, folder, page, report, stays=stays)
    return report.verdict


def plan_of(base_url: str, shape: Shape, seed: int, on_progress: "Callable[[Progress], None]") -> "Plan":
    """Return what the demo runs, and everything it is judged by."""
    from veigo.audited_run import Plan
    from veigo.checkers.catalogue import SAFETY
    from veigo.checkers.members_were_let_in import MembersWereLetIn
    from veigo.checkers.never_unshown import NeverUnshown
    from veigo.checkers.refused_stayed_refused import RefusedStayedRefused
    from veigo.checkers.run_finished import RunFinished
    from veigo.workloads.conversation import Conversation

    def conversation(history: "History") -> "Conversation":
        return Conversation(base_url, shape, random.Random(seed), history, on_progress)  # noqa: S311 - not a secret

    return Plan(
        workload="conversation",
        seed=seed,
        parameters={"users": shape.users, "rooms": shape.rooms, "seconds": shape.seconds, "rate": shape.rate},
        make_workload=conversation,
        checkers=[
            *SAFETY,
            NeverUnshown(),
            RefusedStayedRefused(),
            MembersWereLetIn(),
            RunFinished(),
        ],
        fault_model=FAULT_MODEL,
    )


def _say_where_to_look(stack: "Stack", folder: "RunFolder", page: Path, report: "Report", *, stays: bool) -> None:
    playground = f"http://localhost:{stack.port('gateway')}/playground"
    say()
    say(f"  report      {page}")
    say(f"  run folder  {folder.path}")
    if folder.telemetry.exists():
        say(f"  traces      veigo trace --slowest 10 --run {folder.id}")
    say(f"  playground  {playground}" + ("" if stays else "  after `veigo up`"))
    numbers = "".join(f" --{number} {value:g}" for number, value in report.parameters.items())
    where = "" if stack.name == "default" else f" --name {stack.name}"
    say(f"  again       veigo demo{where}{numbers} --seed {report.seed}")
