"""``veigo up``: start the stack, or bring back what died; a stack that is ready stays as it is."""

import asyncio
import time
from typing import TYPE_CHECKING, Annotated

import typer

from veigo.commands.display import complain, progress, say
from veigo.stack.problem import StackError

if TYPE_CHECKING:
    from veigo.stack.alarms import Alarm
    from veigo.stack.stack import Stack
    from veigo.stack.state import StackRecord

Name = Annotated[str, typer.Option("--name", help="Which stack; each has its own ports and data.")]
Overlay = Annotated[
    list[str] | None,
    typer.Option("--overlay", help="In containers: observability adds dashboards, cluster brokers and replicas."),
]


def up(
    name: Name = "default",
    port_base: Annotated[
        int | None,
        typer.Option("--port-base", help="First port of the stack, instead of 4000 or the first free block."),
    ] = None,
    only: Annotated[str, typer.Option("--only", help="Start only these nodes and jobs, and what they wait for.")] = "",
    scale: Annotated[
        list[str] | None,
        typer.Option("--scale", metavar="NODE=COUNT…", help="How many of a service, such as chat=2 realtime=3."),
    ] = None,
    containers: Annotated[
        bool, typer.Option("--containers", help="As a compose project instead of processes; `veigo down` ends that.")
    ] = False,
    overlay: Overlay = None,
    proxied: Annotated[
        bool | None,
        typer.Option(
            "--proxied/--direct",
            help="Whether a proxy stands in every edge, for faults of the network. As it was.",
        ),
    ] = None,
    more: Annotated[list[str] | None, typer.Argument(metavar="NODE=COUNT", hidden=True)] = None,
) -> None:
    """Start the stack and wait until every node has answered. Exit code 0 ready, 4 but for a standing alarm, 1 not."""
    from stack.containers import scale_of
    from stack.runtimes import alarms_of, in_containers, runtime_of
    from veigo.stack.alarms import PASSING

    began = time.monotonic()
    names = [part.strip() for part in only.split(",") if part.strip()]
    overlays = tuple(overlay or ())
    try:
        stack = opened(name, port_base, [*(scale or []), *(more or []), *scale_of(overlays)], proxied=proxied)
        runtime = in_containers(stack, overlays) if containers or overlays else runtime_of(stack)
        with progress() as report:
            record, changed = asyncio.run(runtime.bring_up(report, names))
        # What passes by itself may be over, and not looked at yet.
        alarms = [each for each in alarms_of(stack).standing() if each.kind not in PASSING]
    except StackError as error:
        complain(str(error))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        complain("interrupted; what had been started was stopped")
        raise typer.Exit(130) from None
    _say_what_came_of_it(stack, record, alarms, changed=changed, took_s=time.monotonic() - began)


def _say_what_came_of_it(
    stack: "Stack", record: "StackRecord", alarms: "list[Alarm]", *, changed: bool, took_s: float
) -> None:
    from veigo.commands.status import DEGRADED, show, tell_alarms

    if alarms:
        say(f"stack {stack.name} is up and degraded after {took_s:.1f} s")
        tell_alarms(stack.name, alarms)
        raise typer.Exit(DEGRADED)
    if not changed:
        say(f"stack {stack.name} is up already")
        show(record)
        return
    say(f"stack {stack.name} is ready after {took_s:.1f} s")
    _say_where_to_go(stack, record)


def _say_where_to_go(stack: "Stack", record: "StackRecord") -> None:
    if "gateway" in record.nodes:
        say(f"  playground  http://localhost:{stack.port('gateway')}/playground")
    say("  next        veigo status, veigo logs NODE, veigo down")


def running(name: str) -> "Stack":
    """The stack of that name, which runs.

    Raises:
        StackError: it does not.
    """
    from stack.runtimes import runtime_of
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.stack.stack import Stack

    stack = Stack.existing(TOPOLOGY, toolchain(), name)
    if stack is None or not runtime_of(stack).is_running():
        raise StackError(f"stack {name} is not up; `veigo up --name {name}` starts it")
    return stack


def opened(name: str, port_base: int | None, words: list[str], *, proxied: bool | None = None) -> "Stack":
    """The stack, at the scale asked for, with or without proxies; as it was before where nothing is said.

    Raises:
        StackError: the scale is none, or the stack runs already and otherwise.
    """
    from stack.runtimes import runtime_of
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.stack.scale import kept_proxied, kept_scale, read_scale
    from veigo.stack.stack import Stack

    scale = read_scale(words, TOPOLOGY) if words else None
    running = Stack.existing(TOPOLOGY, toolchain(), name)
    if running is not None and (scale is not None or proxied is not None) and runtime_of(running).is_running():
        if scale is not None and kept_scale(running.folder) != scale:
            raise StackError(f"stack {name} runs at another scale; `veigo down --name {name}` first")
        if proxied is not None and kept_proxied(running.folder) != proxied:
            how = "without proxies in its edges" if proxied else "with proxies in its edges"
            raise StackError(f"stack {name} runs {how}; `veigo down --name {name}` first")
    return Stack.open(TOPOLOGY, toolchain(), name=name, port_base=port_base, scale=scale, proxied=proxied)
