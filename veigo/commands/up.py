"""``veigo up``: start the stack, or bring back what died; a stack that is ready stays as it is."""

import asyncio
import time
from typing import TYPE_CHECKING, Annotated

import typer

from veigo.commands.display import complain, progress, say
from veigo.stack.problem import StackError

if TYPE_CHECKING:
    from veigo.stack.stack import Stack

Name = Annotated[str, typer.Option("--name", help="Which stack; each has its own ports and data.")]


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
    more: Annotated[list[str] | None, typer.Argument(metavar="NODE=COUNT", hidden=True)] = None,
) -> None:
    """Start the stack and wait until every node has answered a real request. Exit code 0 ready, 1 not."""
    from stack.runtimes import in_containers, runtime_of
    from veigo.commands.status import show

    began = time.monotonic()
    names = [part.strip() for part in only.split(",") if part.strip()]
    try:
        stack = opened(name, port_base, [*(scale or []), *(more or [])])
        runtime = in_containers(stack) if containers else runtime_of(stack)
        with progress() as report:
            record, changed = asyncio.run(runtime.bring_up(report, names))
    except StackError as error:
        complain(str(error))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        complain("interrupted; what had been started was stopped")
        raise typer.Exit(130) from None
    if not changed:
        say(f"stack {name} is up already")
        show(record)
        return
    say(f"stack {name} is ready after {time.monotonic() - began:.1f} s")
    if "gateway" in record.nodes:
        say(f"  playground  http://localhost:{stack.port('gateway')}/playground")
    say("  next        veigo status, veigo logs NODE, veigo down")


def opened(name: str, port_base: int | None, words: list[str]) -> "Stack":
    """The stack, at the scale asked for; at the one it had when none is.

    Raises:
        StackError: the scale is none, or is another than that of the stack that runs.
    """
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.stack.lifecycle import is_running
    from veigo.stack.scale import kept_scale, read_scale
    from veigo.stack.stack import Stack

    if not words:
        return Stack.open(TOPOLOGY, toolchain(), name=name, port_base=port_base)
    scale = read_scale(words, TOPOLOGY)
    running = Stack.existing(TOPOLOGY, toolchain(), name)
    if running is not None and is_running(running) and kept_scale(running.folder) != scale:
        raise StackError(f"stack {name} runs at another scale; `veigo down --name {name}` first")
    return Stack.open(TOPOLOGY, toolchain(), name=name, port_base=port_base, scale=scale)
