"""The nodes' watches by themselves, where there is no runner: ``python -m stack.watch``.

Containers come back by their restart policy; what only their users see from outside (a connector that FAILED, a node
that cannot be reached) needs somebody to look. Addresses come from STACK_ADDRESSES, as for the jobs; what it remembers
and the alarms it raises are below VEIGO_HOME, which outlives the container.
"""

import asyncio
import os
import signal

from stack import node_states
from stack.job import stack_of
from veigo.stack.stack import Stack


async def watch(stack: Stack) -> None:
    """Watch every node until told to stop."""
    stack.folder.mkdir(parents=True, exist_ok=True)
    loop = asyncio.get_running_loop()
    watching = asyncio.gather(node_states.keep(stack), *(node.watch(stack) for node in stack.topology.nodes))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, watching.cancel)
    try:
        await watching
    except asyncio.CancelledError:
        return


if __name__ == "__main__":
    asyncio.run(watch(stack_of(os.environ)))
