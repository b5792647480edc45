"""`veigo repair` where the watch is, whose memory and alarms it needs: ``python -m stack.repair_inside``."""

import asyncio
import os
import sys

from stack.job import stack_of
from stack.repair import alone, cleared, repaired
from veigo.stack.problem import StackError
from veigo.stack.stack import Stack


async def repair(stack: Stack) -> bool:
    """Close every gap and clear the alarms; whether that was possible without making the read model anew."""
    async with alone(stack):
        done = await repaired(stack, _say)
        if done.unsettled:
            _say("events are in no log any more; have the read model made anew by `veigo rebuild`")
            return False
        cleared(stack, done)
    _say(f"repaired: {done.events:,} events of {done.rooms:,} rooms, {done.rows:,} rows")
    return True


def _say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201 - its output is what the command shows


def main() -> int:
    """Repair; 0 when nothing is missing any more."""
    try:
        return 0 if asyncio.run(repair(stack_of(os.environ))) else 1
    except StackError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1


if __name__ == "__main__":
    sys.exit(main())
