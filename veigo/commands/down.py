"""``veigo down``: stop the stack in reverse order; its data stay unless they are purged."""

import asyncio
import time
from typing import Annotated

import typer

from veigo.commands.display import complain, progress, say
from veigo.commands.up import Name
from veigo.stack.problem import StackError


def down(
    name: Name = "default",
    purge: Annotated[
        bool, typer.Option("--purge", help="Delete the stack's data, logs, secrets and ports as well.")
    ] = False,
) -> None:
    """Stop the stack. Exit code 0 also when nothing ran."""
    from stack.runtimes import runtime_of
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.stack.stack import Stack

    began = time.monotonic()
    stack = Stack.existing(TOPOLOGY, toolchain(), name)
    if stack is None:
        say(f"there is no stack {name}")
        return
    try:
        with progress() as report:
            ran = asyncio.run(runtime_of(stack).bring_down(report, purge=purge))
    except StackError as error:
        complain(str(error))
        raise typer.Exit(1) from None
    say(f"stack {name} stopped after {time.monotonic() - began:.1f} s" if ran else f"stack {name} was not running")
    say("  its data are deleted" if purge else "  its data are kept; `veigo down --purge` deletes them")
