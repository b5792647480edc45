"""The scoreboard: `python -m bench`, or `make bench`, which builds what it needs first.

    python -m bench                              every measure, on a stack of its own
    python -m bench authorization --stack dev    one, on a stack that is up
    python -m bench list                         what there is
    python -m bench build                        what the measures need beside the stack
    python -m bench table                        the newest results as the README shows them

Exit codes: 0 everything was measured, whatever came of it; 2 something was not.
"""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import uvloop

from bench import catalogue, machine, results, table
from bench.measure import Measure, Unable
from bench.results import Result, Results
from bench.running import say, taken
from bench.scoring import REPETITIONS_MIN, Standing
from bench.site import site
from veigo.stack.problem import StackError

# What a thread that notes a time waits for the interpreter at most; Python's own bound is as long as what is measured.
SWITCH_INTERVAL_S = 0.0005
REPETITIONS_MAX = 100
COMMANDS = ("list", "build", "table")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked for; return the exit code."""
    told = _parser().parse_args(arguments)
    command, names = (
        (told.names[0], told.names[1:]) if told.names[:1] and told.names[0] in COMMANDS else ("", told.names)
    )
    try:
        match command:
            case "list":
                for measure in catalogue.chosen(names):
                    say(f"{measure.name:<24}{measure.question}")
            case "table":
                say(table.table(results.read(results.newest()), of_goals=True))
            case "build":
                return uvloop.run(build(catalogue.chosen(names)))
            case _:
                return uvloop.run(run(catalogue.chosen(names), told))
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; what had been started was stopped, and what had been measured is written down\n")
        return 130
    return 0


async def build(measures: Sequence[Measure]) -> int:
    """Build what the measures need beside the stack, by the network too; what cannot be built keeps nothing else."""
    complete = True
    for measure in measures:
        if measure.build is not None:
            say(f"{measure.name}: building what it needs")
            try:
                await measure.build()
            except (StackError, Unable) as error:
                complete = False
                say(f"  {error}; it will not be measured")
    return 0 if complete else 2


async def run(measures: Sequence[Measure], told: argparse.Namespace) -> int:
    """Take the measures, writing down each as soon as it is there; return the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it would leave a stack behind; now it is as Ctrl-C
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    needs_stack = any(measure.needs_stack for measure in measures)
    complete, began_s = True, time.monotonic()
    async with site(told.stack, seed=told.seed, size=told.size, needs_stack=needs_stack) as place:
        for measure in measures:
            found = await taken(measure, place, told.repetitions)
            now = datetime.now(UTC)
            put = results.result(measure, found, at=now, commit=machine.commit(), seed=told.seed, size=told.size)
            complete = complete and all(line.standing is not Standing.NOT_MEASURED for line in put.lines)
            if told.size == 1:
                keep(measure.name, put, now)
            else:
                say("  a try at another size: not written down")
    minutes, seconds = divmod(round(time.monotonic() - began_s), 60)
    say(f"measured in {minutes} min {seconds} s; `python -m bench table` shows the newest results")
    return 0 if complete else 2


def keep(name: str, result: Result, now: datetime) -> None:
    """Write a measure into the day's results, and the page beside them."""
    path = results.path_of(now.date())
    before = results.read(path) if path.exists() else None
    today = Results(
        date=now.date().isoformat(),
        machine=machine.machine(),
        versions=machine.versions(),
        measures={name: result},
    )
    whole = results.merged(before, today)
    results.write(whole, path)
    path.with_suffix(".md").write_text(table.page(whole))


def _repetitions(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= REPETITIONS_MAX:
        raise argparse.ArgumentTypeError(f"give a whole number from 1 to {REPETITIONS_MAX}")
    return int(text)


def _size(text: str) -> float:
    try:
        size = float(text)
    except ValueError:
        size = 0
    if not 0 < size <= 1:
        raise argparse.ArgumentTypeError("give a number above 0, and 1 at most")
    return size


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="The scoreboard.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="measures, or list, build, table; all measures")
    parser.add_argument(
        "--repetitions", type=_repetitions, default=REPETITIONS_MIN, help="fewer than five score nothing"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the order of the sides, and of what is drawn in them")
    parser.add_argument("--stack", help="a stack that is up, instead of one of its own")
    parser.add_argument("--size", type=_size, default=1.0, help="less than 1 tries it out with shorter blocks")
    return parser


if __name__ == "__main__":
    sys.exit(main())
