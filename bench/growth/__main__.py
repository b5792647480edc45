"""Measure how cost grows, and write down what a million connections would take: `python -m bench.growth`."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import uvloop

from bench import machine
from bench.growth import document, results
from bench.growth.axes import SECONDS
from bench.growth.measuring import measured
from bench.running import say
from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.stack.problem import StackError
from veigo.stack.stack import Stack


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked for; exit code 0, or 2 when it could not be."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("what", choices=("measure", "document"))
    parser.add_argument("--stack", default="default", help="a stack that is up, with four realtimes")
    parser.add_argument("--seed", type=int, default=1, help="of the order of the levels")
    told = parser.parse_args(arguments)
    try:
        if told.what == "measure":
            measure(told.stack, told.seed)
        for path in document.write(results.read(results.newest())):
            say(f"  wrote {path}")
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def measure(name: str, seed: int) -> None:
    """Measure, and write the figures down."""
    stack = Stack.existing(TOPOLOGY, toolchain(), name)
    if stack is None:
        raise StackError(f"there is no stack {name}; `veigo up --name {name} --scale realtime=4` starts one")
    found = uvloop.run(measured(stack, seed, say))
    today = datetime.now(UTC).date()
    growth = results.Growth(
        date=today.isoformat(),
        commit=machine.commit(),
        machine=machine.machine(),
        versions=machine.versions(),
        seconds=SECONDS,
        samples=found.samples,
        opening=found.opening,
        idle_cpu=found.idle_cpu,
        refused=found.refused,
    )
    results.write(growth, results.path_of(today))
    say(f"  wrote {results.path_of(today)}")


if __name__ == "__main__":
    sys.exit(main())
