"""``veigo logs NODE``: what a node wrote, and with ``-f`` what it goes on writing."""

import sys
from typing import Annotated

import typer

from veigo.commands.display import complain
from veigo.commands.up import Name
from veigo.stack.problem import StackError


def logs(
    node: Annotated[str, typer.Argument(help="A node, or `runner`.")],
    name: Name = "default",
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many lines to begin with.")] = 50,
) -> None:
    """Print the end of a node's log. Exit code 1 when there is none."""
    from stack.runtimes import runtime_of
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.stack.stack import Stack

    try:
        stack = Stack.existing(TOPOLOGY, toolchain(), name)
        runtime = None if stack is None else runtime_of(stack)
        known = [] if runtime is None else runtime.logs()
        if runtime is None or node not in known:
            have = ", ".join(known) or "none: it was never started"
            raise StackError(f"stack {name} has no log of {node!r}; it has {have}")
        for line in runtime.last_lines(node, lines):
            sys.stdout.write(f"{line}\n")
        if follow:
            for text in runtime.follow(node):
                sys.stdout.write(text)
                sys.stdout.flush()
    except StackError as error:
        complain(str(error))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
