"""``veigo chaos heal``: undo what a harness broke that did not live to undo it. The heal plan says what that is."""

import asyncio
import time
from typing import TYPE_CHECKING

import typer

from veigo.commands.display import complain, say
from veigo.commands.up import Name
from veigo.stack.problem import StackError

if TYPE_CHECKING:
    from veigo.faults.heal import HealFile, Owed
    from veigo.stack.stack import Stack


def heal(name: Name = "default") -> None:
    """Apply what is left of the heal plan and wait until the stack is healthy. Exit code 0 healed, 1 not."""
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.faults.heal import HealFile
    from veigo.stack.stack import Stack

    began = time.monotonic()
    try:
        stack = Stack.existing(TOPOLOGY, toolchain(), name)
        if stack is None:
            raise StackError(f"there is no stack {name}, so nothing of it is broken")
        plan = HealFile(stack.folder)
        owed = plan.owed()
        if not owed:
            say(f"nothing of stack {name} is left to heal")
            return
        for one in owed:
            say(f"  {one.step.do} {one.step.what}, because of: {one.fault}")
        asyncio.run(_heal(stack, owed, plan))
    except StackError as error:
        complain(str(error))
        raise typer.Exit(1) from None
    say(f"stack {name} is healthy after {time.monotonic() - began:.1f} s")


async def _heal(stack: "Stack", owed: "list[Owed]", plan: "HealFile") -> None:
    from stack.runtimes import runtime_of, site_of
    from veigo.faults.underway import heal as apply

    if not runtime_of(stack).is_running():
        raise StackError(f"stack {stack.name} does not run; `veigo up --name {stack.name}` first, then heal it")
    await apply(owed, site_of(stack), plan)
