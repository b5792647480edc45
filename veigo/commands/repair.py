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
            watch = f"docker exec {found.project}-watch-1 python -m stack.repair_inside"
            raise StackError(f"in containers the watch repairs, who knows what it saw: `{watch}`")
        whole = asyncio.run(_look(stack) if dry_run else _repair_alone(stack))
    except StackError as error:
        complain(str(error))
        raise typer.Exit(1) from None
    raise typer.Exit(0 if whole else 1)


async def _look(stack: "Stack") -> bool:
    from stack.repair import looked_into

    broken, missing = await looked_into(stack)
    for sentence in broken:
        say(f"✗ {sentence}")
    if missing:
        say(f"✗ missing in Kafka: {missing.gap}")
        for room, ranges in missing.gap.rooms.items():
            say(f"    room {room}: " + ", ".join(f"{first}–{last}" for first, last in ranges))
    if missing.swept:
        say(
            f"✗ {sum(map(len, missing.swept.values())):,} events of {len(missing.swept):,} rooms are in no log any more"
        )
    if not broken and not missing:
        say("✓ change capture is sound, and Kafka has everything that PostgreSQL has")
    return not broken and not missing


async def _repair_alone(stack: "Stack") -> bool:
    from stack.repair import alone

    async with alone(stack):
        return await _repair(stack)


async def _repair(stack: "Stack") -> bool:
    from stack import snapshot
    from stack.repair import cleared, repaired

    began = time.monotonic()
    done = await repaired(stack, say)
    if done.unsettled:
        say("the read model needs what is in no log any more; Debezium reads the tables")
        async with snapshot.taken(stack) as rows:
            await carried_out(stack, rows)
    await until(lambda: require_caught_up(stack), CAUGHT_UP_WITHIN_S, "the aggregator does not catch up")
    equal = told(await compared(stack))
    if equal:
        cleared(stack, done)
        say(
            f"✓ {done.events:,} events of {done.rooms:,} rooms and {done.rows:,} other rows were put into Kafka; "
            f"{time.monotonic() - began:.1f} s"
        )
    return equal
