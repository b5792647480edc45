"""``veigo doctor``: what this machine lacks, and the command that installs it."""

from typing import TYPE_CHECKING

import typer

from veigo.commands.display import console
from veigo.commands.up import Name
from veigo.stack.problem import StackError

if TYPE_CHECKING:
    from veigo.stack.stack import Stack


def doctor(name: Name = "default") -> None:
    """Check this machine. Exit code 1 when something required is missing."""
    from rich.markup import escape
    from rich.table import Table

    from stack.machine import judge, look
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.stack.project import kept
    from veigo.stack.stack import Stack, home_folder

    stack = Stack.existing(TOPOLOGY, toolchain(), name)
    if stack is None and name == "default":
        stack = Stack(topology=TOPOLOGY, toolchain=toolchain(), base=4000)
    containers = stack is not None and kept(stack.folder) is not None
    findings = judge(look(home_folder(), stack, running=_runs(stack)), containers=containers)
    table = Table(box=None, pad_edge=False, show_header=False)
    for finding in findings:
        mark = "[green]✓[/]" if finding.fine else "[bold red]✗[/]" if finding.required else "[yellow]![/]"
        table.add_row(mark, finding.name, escape(finding.seen), "" if finding.fine else escape(finding.remedy))
    console().print(table)
    if any(finding.required and not finding.fine for finding in findings):
        raise typer.Exit(1)


def _runs(stack: "Stack | None") -> bool:
    from stack.runtimes import runtime_of

    try:
        return stack is not None and runtime_of(stack).is_running()
    except StackError:  # no engine answers; that is among the findings
        return False
