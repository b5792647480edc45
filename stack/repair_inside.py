"""`veigo repair` where the watch is, whose memory and alarms it needs: ``python -m stack.repair_inside``.

``--dry-run`` says what is broken and what is missing. Exit code 3 says that the read model has to be made anew, which
is done from outside; ``--settled`` says that it was.
"""

import asyncio
import os
import sys

from stack.container_alarms import WATCH
from stack.job import stack_of
from stack.repair import alone, cleared, looked_into, repaired, sentences
from veigo.stack import engine
from veigo.stack.problem import StackError
from veigo.stack.project import Project
from veigo.stack.stack import Stack

DONE, FAILED, UNSETTLED = 0, 1, 3
DRY_RUN, SETTLED = "--dry-run", "--settled"
WITHIN_S = 900.0  # a replay of millions of events


async def inside(project: str, *options: str) -> int:
    """Run this in the watch of a compose project, its output on ours; the exit code.

    Raises:
        StackError: there is no such container, or it was not done in time.
    """
    watch = (await asyncio.to_thread(Project.look, project)).container(WATCH)
    command = ("exec", watch, "python", "-m", "stack.repair_inside", *options)
    return await asyncio.to_thread(engine.shown, *command, within_s=WITHIN_S)


async def look(stack: Stack) -> int:
    """Say what a repair would find."""
    broken, missing = await looked_into(stack)
    for line in sentences(broken, missing):
        _say(line)
    return FAILED if broken or missing else DONE


async def repair(stack: Stack, *, settled: bool) -> int:
    """Close every gap and clear the alarms, unless the read model has to be made anew first."""
    async with alone(stack):
        done = await repaired(stack, _say)
        if done.unsettled and not settled:
            return UNSETTLED
        cleared(stack, done)
    _say(f"✓ {done.events:,} events of {done.rooms:,} rooms and {done.rows:,} other rows were put into Kafka")
    return DONE


def _say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201 - its output is what the command shows


def main() -> int:
    """Repair, or look."""
    try:
        stack = stack_of(os.environ)
        return asyncio.run(look(stack) if DRY_RUN in sys.argv else repair(stack, settled=SETTLED in sys.argv))
    except StackError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
