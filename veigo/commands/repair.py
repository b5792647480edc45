"""``veigo repair``: have change capture go on after what no restart mends, and close the gap from PostgreSQL.

People may chat meanwhile. ``--dry-run`` says what is broken and what is missing, and changes nothing.
"""

import asyncio
import time
from typing import TYPE_CHECKING, Annotated

import typer

from veigo.commands.display import complain, say
from veigo.commands.rebuild import carried_out, compared, require_caught_up, told
from veigo.commands.up import Name, running
from veigo.stack.problem import StackError
from veigo.stack.readiness import until

if TYPE_CHECKING:
    from veigo.stack.stack import Stack

CAUGHT_UP_WITHIN_S = 600.0


def repair(
    name: Name = "default",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is broken and what is missing.")] = False,
) -> None:
    """Close gaps in change capture. Exit code 0: nothing is missing (any more), 1: something is, or an error."""
    from veigo.stack.project import kept

    try:
        stack = running(name)
        if found := kept(stack.folder):
            whole = asyncio.run(_repair_inside(stack, found.project, dry_run=dry_run))
        else:
            whole = asyncio.run(_look(stack) if dry_run else _repair_alone(stack))
    except StackError as error:
        complain(str(error))
        raise typer.Exit(1) from None
    raise typer.Exit(0 if whole else 1)


async def _look(stack: "Stack") -> bool:
    from stack.repair import looked_into, sentences

    broken, missing = await looked_into(stack)
    for line in sentences(broken, missing):
        say(line)
    return not broken and not missing


async def _repair_inside(stack: "Stack", project: str, *, dry_run: bool) -> bool:
    """Have the containers' watch repair, who knows what it saw; what the read model needs is done from here."""
    from stack.repair_inside import DONE, DRY_RUN, SETTLED, UNSETTLED, inside

    if dry_run:
        return await inside(project, DRY_RUN) == DONE
    ended = await inside(project)
    if ended == UNSETTLED:
        await _made_anew(stack)
        ended = await inside(project, SETTLED)
    if ended != DONE:
        return False
    await until(lambda: require_caught_up(stack), CAUGHT_UP_WITHIN_S, "the aggregator does not catch up")
    return told(await compared(stack))


async def _made_anew(stack: "Stack") -> None:
    from stack import snapshot

    say("the read model needs what is in no log any more; Debezium reads the tables")
    async with snapshot.taken(stack) as rows:
        await carried_out(stack, rows)


async def _repair_alone(stack: "Stack") -> bool:
    from stack.repair import alone

    async with alone(stack):
        return await _repair(stack)


async def _repair(stack: "Stack") -> bool:
    from stack.repair import cleared, repaired

    began = time.monotonic()
    done = await repaired(stack, say)
    if done.unsettled:
        await _made_anew(stack)
    await until(lambda: require_caught_up(stack), CAUGHT_UP_WITHIN_S, "the aggregator does not catch up")
    equal = told(await compared(stack))
    if equal:
        cleared(stack, done)
        say(
            f"✓ {done.events:,} events of {done.rooms:,} rooms and {done.rows:,} other rows were put into Kafka; "
            f"{time.monotonic() - began:.1f} s"
        )
    return equal
