"""``veigo logs NODE``: what a node wrote, and with ``-f`` what it goes on writing."""

import sys
import time
from typing import Annotated

import typer

from veigo.commands.display import complain
from veigo.commands.up import Name

LOOK_EVERY_S = 0.2


def logs(
    node: Annotated[str, typer.Argument(help="A node, or `runner`.")],
    name: Name = "default",
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many lines to begin with.")] = 50,
) -> None:
    """Print the end of a node's log. Exit code 1 when there is none."""
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.stack.process import last_lines
    from veigo.stack.stack import Stack

    stack = Stack.existing(TOPOLOGY, toolchain(), name)
    folder = None if stack is None else stack.folder / "logs"
    known = sorted(path.stem for path in folder.glob("*.log")) if folder and folder.exists() else []
    if folder is None or node not in known:
        complain(f"stack {name} has no log of {node!r}; it has {', '.join(known) or 'none: it was never started'}")
        raise typer.Exit(1)
    path = folder / f"{node}.log"
    for line in last_lines(path, lines):
        sys.stdout.write(f"{line}\n")
    if not follow:
        return
    try:
        with path.open(errors="replace") as log:
            log.seek(0, 2)
            while True:
                sys.stdout.write(log.read())
                sys.stdout.flush()
                time.sleep(LOOK_EVERY_S)
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
