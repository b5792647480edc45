"""``veigo rolling``: users chat while one replica of every service is restarted every few seconds; nothing may be lost.

One command to try it: ``veigo rolling --messages 2000``. Others than the services, one after another and each once:
``veigo rolling --kill --replicas 1 --node kafka --node connect --node chat --once``.
"""

import random
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veigo.commands.display import say
from veigo.commands.judging import brought_up, judging
from veigo.commands.up import Name
from veigo.stack.problem import StackError
from veigo.verdict import Verdict
from veigo.workloads.script import Shape, UnplayableShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veigo.audited_run import Plan
    from veigo.commands.run_display import Watch
    from veigo.history import History
    from veigo.stack.stack import Stack
    from veigo.workloads.conversation import Conversation
    from veigo.workloads.rolling import Schedule


@dataclass(frozen=True)
class Restarts:
    """What is restarted, how and how often."""

    every_s: float
    nodes: tuple[str, ...]
    once: bool
    kill: bool

    @property
    def words(self) -> str:
        """What is done, but for how, as a sentence begins."""
        what = ", ".join(self.nodes) + " were" if self.nodes else "one replica of every service was"
        return f"{what} {'once' if self.once else 'again and again'}"

    def __str__(self) -> str:
        """The options it came from."""
        nodes = "".join(f" --node {node}" for node in self.nodes)
        return f"{nodes}{' --once' if self.once else ''}{' --kill' if self.kill else ''}"

    def of(self, stack: "Stack", turns: "Sequence[Sequence[str]]") -> "Schedule":
        """The schedule of these restarts, turn by turn."""
        from stack.runtimes import runtime_of
        from veigo.workloads.rolling import Schedule

        async def restart(node: str) -> None:
            how = {"signal": "SIGKILL"} if self.kill else {}
            await runtime_of(stack).ask(do="stop", node=node, **how)
            await runtime_of(stack).ask(do="start", node=node)

        return Schedule(turns, self.every_s, restart, once=self.once)


SERVICES = ("gateway", "authentication", "chat", "realtime", "aggregator")
GRACEFUL = "{} stopped and started again, each asked to drain"
KILLED = "{} killed (SIGKILL) and started again; the machine did not lose power"


def rolling(
    name: Name = "rolling",
    messages: Annotated[int, typer.Option("--messages", help="How many are sent.")] = 50_000,
    rate: Annotated[float, typer.Option("--rate", help="Messages per second, in all rooms together.")] = 120,
    every: Annotated[float, typer.Option("--every", help="Seconds from one round of restarts to the next.")] = 10,
    replicas: Annotated[
        int | None, typer.Option("--replicas", help="How many of every service: 2, or as many as a running stack has.")
    ] = None,
    users: Annotated[int, typer.Option("--users", help="How many people.")] = 12,
    rooms: Annotated[int, typer.Option("--rooms", help="How many rooms they talk in.")] = 3,
    node: Annotated[
        list[str] | None, typer.Option("--node", help="Restart these, one a round, not a replica of every service.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Each but once; the rest of the messages have quiet.")] = False,
    kill: Annotated[bool, typer.Option("--kill", help="With SIGKILL instead of asking to drain.")] = False,
    seed: Annotated[int | None, typer.Option("--seed", help="Who says what and when; the same seed, the same.")] = None,
    into: Annotated[Path, typer.Option("--into", help="The folder that gets the run's folder.")] = Path("runs"),
) -> None:
    """Restart replicas under people who chat, and judge what they saw. Exit 0: holds, 1: violated, 2: inconclusive."""
    seed = secrets.randbelow(2**32) if seed is None else seed
    with judging(UnplayableShapeError):
        shape = Shape(users=users, rooms=rooms, seconds=messages / rate, rate=rate)
        restarts = Restarts(every, tuple(node or ()), once=once, kill=kill)
        verdict = _on_the_stack(name, shape, seed, into, replicas, restarts)
    raise typer.Exit(verdict.exit_code)


def _on_the_stack(name: str, shape: Shape, seed: int, into: Path, replicas: int | None, restarts: Restarts) -> Verdict:
    """Start a stack of so many replicas, run, and leave things as they were found."""
    from veigo.commands.up import opened

    stack = opened(name, None, _scale(name, replicas))
    if unknown := set(restarts.nodes) - {node.name for node in stack.topology.nodes}:
        known = ", ".join(node.name for node in stack.topology.nodes)
        raise StackError(f"there is no node {', '.join(sorted(unknown))} to restart; there are {known}")
    with brought_up(stack):
        return _run(stack, shape, seed, into, restarts)


def _scale(name: str, replicas: int | None) -> list[str]:
    """The scale to ask for; none where the stack has one already that nobody wants changed."""
    from stack.runtimes import runtime_of
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.stack.project import kept
    from veigo.stack.stack import Stack

    if replicas is None:
        known = Stack.existing(TOPOLOGY, toolchain(), name)
        if known is not None and (kept(known.folder) is not None or runtime_of(known).is_running()):
            return []
        replicas = 2
    return [f"{service}={replicas}" for service in SERVICES] if replicas > 1 else []


def _run(stack: "Stack", shape: Shape, seed: int, into: Path, restarts: Restarts) -> Verdict:
    import uvloop

    from stack.auditor import Auditor
    from veigo.audited_run import audited_run
    from veigo.commands.run_display import Watch, show
    from veigo.run_folder import RunFolder
    from veigo.traced_plan import BROKEN_SHARE_MAX_UNDER_KILLS, traced
    from veigo.witness import Witness

    folder = RunFolder.make(into)
    with Watch() as watch:
        plan = _plan(stack, shape, seed, restarts, watch)
        numbers = "".join(f" --{number} {value:g}" for number, value in plan.parameters.items())
        lost_max = BROKEN_SHARE_MAX_UNDER_KILLS if restarts.kill else 0.0
        plan = traced(plan, f"http://{stack.address('collector')}", folder, broken_share_max=lost_max)
        report, page = uvloop.run(audited_run(plan, folder, Witness(stack.addresses_of("kafka")), Auditor(stack)))
    show(report)
    say()
    say(f"  report      {page}")
    say(f"  run folder  {folder.path}")
    say(f"  again       veigo rolling --name {stack.name}{numbers}{restarts} --seed {report.seed}")
    return report.verdict


def _plan(stack: "Stack", shape: Shape, seed: int, restarts: Restarts, watch: "Watch") -> "Plan":
    from veigo.audited_run import Plan
    from veigo.checkers.catalogue import SAFETY
    from veigo.checkers.read_model_catches_up import ReadModelCatchesUp
    from veigo.checkers.resumed_without_gap import ResumedWithoutGap
    from veigo.checkers.run_finished import RunFinished
    from veigo.workloads.rolling import Rolling

    gateways = [f"http://{address}" for address in _addresses(stack, "gateway")]
    turns = [[node] for node in restarts.nodes] or _turns(stack)

    def workload(history: "History") -> "Conversation":
        rng = random.Random(seed)  # noqa: S311 - not a secret
        how = restarts.of(stack, turns)
        return Rolling(gateways, shape, rng, history, watch.note, how)

    return Plan(
        workload="rolling",
        seed=seed,
        parameters={
            "users": shape.users,
            "rooms": shape.rooms,
            "messages": shape.lines,
            "rate": shape.rate,
            "every": restarts.every_s,
        },
        make_workload=workload,
        checkers=[
            *SAFETY,
            ResumedWithoutGap(),
            ReadModelCatchesUp(),
            RunFinished(),
        ],
        fault_model=(KILLED if restarts.kill else GRACEFUL).format(restarts.words),
    )


def _addresses(stack: "Stack", kind: str) -> list[str]:
    return [stack.address(node.name) for node in stack.topology.replicas(kind)]


def _turns(stack: "Stack") -> list[list[str]]:
    """Which nodes to restart in each turn: the first of every service, then the second, and so on."""
    replicas = [[node.name for node in stack.topology.replicas(kind)] for kind in SERVICES]
    return [[names[number % len(names)] for names in replicas] for number in range(max(map(len, replicas)))]
