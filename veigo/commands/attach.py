"""``veigo attach PROJECT``: look into a compose project that somebody else started, and leave it as it is.

From then on every command with that ``--name`` is about it. ``veigo down`` lets go of it again.
"""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from veigo.commands.display import complain, progress, say
from veigo.commands.up import Name
from veigo.stack.problem import StackError

if TYPE_CHECKING:
    from veigo.stack.stack import Stack


def attach(
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="As `docker compose ls` names it.")],
    name: Name = "attached",
) -> None:
    """Make a running compose project a stack that every command can work with. Exit code 0 attached, 1 not."""
    from stack.runtimes import attached
    from veigo.commands.status import show

    try:
        stack = _stack_of(project, name)
        with progress() as report:
            record, _ = asyncio.run(attached(stack, project).bring_up(report))
    except StackError as error:
        complain(str(error))
        raise typer.Exit(1) from None
    show(record)
    say(f"  next  veigo demo --name {name}, veigo status --name {name}, veigo down --name {name} to let go")


def _stack_of(project: str, name: str) -> "Stack":
    """A stack whose first port is the one that the project's gateway is published at, with as many of each node.

    Raises:
        StackError: there is no such project, it publishes no gateway, or its brokers cannot be reached from outside.
    """
    from stack.containers import require_doors, scale_in
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.stack.project import Project
    from veigo.stack.stack import Stack

    found = Project.look(project)
    base = found.published("gateway")
    stack = Stack.open(TOPOLOGY, toolchain(), name=name, port_base=base, scale=scale_in(found))
    require_doors(stack, found)
    return stack
