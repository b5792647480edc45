"""The scoreboard: `python -m bench`, or `make bench`, which builds what it needs first.

    python -m bench                              every measure, on a stack of its own
    python -m bench authorization --stack dev    one, on a stack that is up
    python -m bench list                         what there is
    python -m bench build                        what the measures need beside the stack
    python -m bench table                        the newest results as the README shows them

Exit codes: 0 everything was measured, whatever came of it; 2 something was not.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import uvloop

from bench import catalogue, machine, results, table
from bench.measure import Measure
from bench.results import Result, Results
from bench.running import say, taken
from bench.scoring import REPETITIONS_MIN, Standing
from bench.site import site
from veigo.stack.problem import StackError

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
                say(table.table(results.read(results.newest())))
            case "build":
                uvloop.run(build(catalogue.chosen(names)))
            case _:
                return uvloop.run(run(catalogue.chosen(names), told))
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


async def build(measures: Sequence[Measure]) -> None:
    """Build what the measures need beside the stack; may use the network."""
    for measure in measures:
        if measure.build is not None:
            say(f"{measure.name}: building what it needs")
            await measure.build()


async def run(measures: Sequence[Measure], told: argparse.Namespace) -> int:
    """Take the measures, writing down each as soon as it is there; return the exit code."""
    needs_stack = any(measure.needs_stack for measure in measures)
    complete = True
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="The scoreboard.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="measures, or list, build, table; all measures")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS_MIN)
    parser.add_argument("--seed", type=int, default=1, help="of the order of the sides, and of what is drawn in them")
    parser.add_argument("--stack", help="a stack that is up, instead of one of its own")
    parser.add_argument("--size", type=float, default=1.0, help="less than 1 tries it out with shorter blocks")
    return parser


if __name__ == "__main__":
    sys.exit(main())
