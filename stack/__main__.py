"""The runner's process: ``python -m stack --name NAME --port-base PORT [--only NODE,…]``. ``veigo up`` starts it.

It takes the stack's runner lock, detaches from whoever started it, and serves until SIGTERM.
"""

import argparse
import asyncio
import fcntl
import os
import sys
import time

from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.stack.problem import StackError
from veigo.stack.runner import Runner, serve
from veigo.stack.stack import Stack

LOCK_WITHIN_S = 2.0  # somebody who asks whether we run holds the lock for an instant


def take_lock(stack: Stack) -> None:
    """Hold the runner lock for as long as this process lives; the descriptor is deliberately never closed.

    Raises:
        StackError: the stack has a runner already.
    """
    descriptor = os.open(stack.folder / "runner.lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOCK_WITHIN_S
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise StackError(f"stack {stack.name} has a runner already") from None
            time.sleep(0.02)


def detach() -> None:
    """Go on in a child that belongs to no terminal; the parent ends, which tells the starter that we hold the lock."""
    if os.fork() > 0:
        os._exit(0)
    os.setsid()


def main() -> int:
    """Serve one stack; 0 when it was stopped, 1 when it could not start."""
    # Probes use gRPC, whose own handling of forks only gets in the way of starting nodes.
    os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
    parser = argparse.ArgumentParser(description="The runner of one stack; `veigo up` starts it.")
    parser.add_argument("--name", required=True)
    parser.add_argument("--port-base", type=int, required=True)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    try:
        stack = Stack.open(TOPOLOGY, toolchain(), name=arguments.name, port_base=arguments.port_base)
        take_lock(stack)
        stack.state_file.unlink(missing_ok=True)
        detach()
        names = set(filter(None, arguments.only.split(","))) or set(stack.topology.steps)
        asyncio.run(serve(Runner(stack, stack.topology.only(names))))
    except StackError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the runner's output is its log
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
