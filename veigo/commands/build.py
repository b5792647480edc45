"""``veigo build``: make the programs that stacks run, without starting one; for a machine that is prepared ahead."""

import asyncio
from typing import Annotated

import typer

from veigo.commands.display import complain, progress, say
from veigo.stack.problem import StackError


def build(
    tool: Annotated[str, typer.Argument(help="Build only this one, and print where it is: opa, jars, buf, …")] = "",
) -> None:
    """Build what is missing of Kafka, Connect, PostgreSQL, OPA and the rest. Exit code 0 built, 1 not."""
    from stack.tools import toolchain

    tools = toolchain()
    try:
        with progress() as report:
            asyncio.run(tools.build(report, *filter(None, [tool])))
        say(str(tools.path(tool)) if tool else f"built in {tools.folder}")
    except StackError as error:
        complain(str(error))
        raise typer.Exit(1) from None
    except KeyError:
        complain(f"there is no tool {tool}; there are {', '.join(tools.names)}")
        raise typer.Exit(1) from None
