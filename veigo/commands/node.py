"""``veigo stop NODE``, ``veigo start NODE``, ``veigo restart NODE``: one node, while the rest of the stack goes on."""

import asyncio
import time
from typing import Annotated

import typer

from veigo.commands.display import complain, say
from veigo.commands.up import Name
from veigo.stack.problem import StackError

Node = Annotated[str, typer.Argument(metavar="NODE", help="Its name, as `veigo status` shows it.")]
Kill = Annotated[bool, typer.Option("--kill", help="With SIGKILL, as a crash; otherwise it is asked to drain.")]


def stop(node: Node, name: Name = "default", kill: Kill = False) -> None:
    """Stop a node and wait until it has ended. Exit code 0 done, 1 not."""
    _ask(name, node, ["stop"], "is stopped", kill=kill)


def start(node: Node, name: Name = "default") -> None:
    """Start a node and wait until it has answered a real request; one that runs stays. Exit code 0 done, 1 not."""
    _ask(name, node, ["start"], "is ready")


def restart(node: Node, name: Name = "default", kill: Kill = False) -> None:
    """Stop a node, start it, and wait until it has answered a real request. Exit code 0 done, 1 not."""
    _ask(name, node, ["stop", "start"], "is ready again", kill=kill)


def _ask(name: str, node: str, steps: list[str], done: str, *, kill: bool = False) -> None:
    from stack.runtimes import runtime_of
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.stack.stack import Stack

    began = time.monotonic()
    try:
        stack = Stack.existing(TOPOLOGY, toolchain(), name)
        if stack is None:
            raise StackError(f"there is no stack {name}; start it with `veigo up --name {name}`")
        for step in steps:
            how = {"signal": "SIGKILL"} if kill and step == "stop" else {}
            asyncio.run(runtime_of(stack).ask(do=step, node=node, **how))
    except StackError as error:
        complain(str(error))
        raise typer.Exit(1) from None
    say(f"{node} {done} after {time.monotonic() - began:.1f} s")
