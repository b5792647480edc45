"""One job of the table by itself, where there is no runner: ``python -m stack.job migrations``.

In containers every job is a container that ends. It is told where the nodes are by STACK_ADDRESSES
(``postgres=postgres:5432,kafka=kafka:9092``), how many of each there are by STACK_SCALE (``kafka=3 chat=2``), and where
passwords are by SECRETS_DIR. What a node wants done when it has come up, the runner's bootstrap, is done by the jobs
that wait for it.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.stack.node import Job, Node
from veigo.stack.problem import StackError
from veigo.stack.readiness import until
from veigo.stack.scale import read_scale, scaled
from veigo.stack.stack import Stack


def stack_of(told: Mapping[str, str]) -> Stack:
    """The stack as this container finds it.

    Raises:
        StackError: it was not told where the nodes are.
    """
    addresses = dict(pair.split("=", 1) for pair in told.get("STACK_ADDRESSES", "").split(",") if "=" in pair)
    if not addresses:
        raise StackError("set STACK_ADDRESSES to where the nodes are, such as postgres=postgres:5432,kafka=kafka:9092")
    secrets = told.get("SECRETS_DIR")
    return Stack(
        topology=scaled(TOPOLOGY, read_scale([told.get("STACK_SCALE", "")], TOPOLOGY)),
        toolchain=toolchain(),
        base=0,
        home=Path(told.get("VEIGO_HOME", "/tmp/veigo")),  # noqa: S108 - a container's own
        addresses=addresses,
        secrets_folder=Path(secrets) if secrets else None,
    )


async def carry_out(stack: Stack, job: Job) -> None:
    """Wait for the nodes the job needs, and do it.

    Raises:
        StackError: a node did not answer in time, or the job failed.
    """
    for node in (stack.topology.steps[name] for name in job.after):
        if isinstance(node, Node):
            await until(
                lambda node=node: node.bootstrap(stack),  # type: ignore[misc]
                node.ready_within_s,
                f"{node.name} at {stack.address(node.name)} cannot be prepared",
            )
    await asyncio.wait_for(job.run(stack), job.within_s)


def main() -> int:
    """Do the job named on the command line; 0 when it is done."""
    jobs = {job.name: job for job in TOPOLOGY.jobs}
    try:
        if len(sys.argv) != 2 or sys.argv[1] not in jobs:
            raise StackError(f"name one job: {', '.join(jobs)}")
        stack = stack_of(os.environ)
        stack.folder.mkdir(parents=True, exist_ok=True)
        asyncio.run(carry_out(stack, jobs[sys.argv[1]]))
    except (StackError, TimeoutError) as error:
        print(f"{' '.join(sys.argv[1:])}: {error or 'it took too long'}", file=sys.stderr)  # noqa: T201 - its output is its log
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
