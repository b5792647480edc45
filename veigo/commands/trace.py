"""``veigo trace``: a message's way, hop by hop; which were slow, which traces are not whole, and the figure of all."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veigo.commands.display import complain
from veigo.commands.up import Name
from veigo.stack.problem import StackError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from veigo.telemetry.store import Store

CHECK = "check"


def trace(
    message: Annotated[str, typer.Argument(help="A message's id, or the beginning of it; or `check`.")] = "",
    slowest: Annotated[int, typer.Option("--slowest", help="List the messages that took longest.", min=0)] = 0,
    incomplete: Annotated[bool, typer.Option("--incomplete", help="List the messages without a whole trace.")] = False,
    expected: Annotated[
        bool, typer.Option("--expected", help="With `check`: hold every node and edge against observability/expected.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    run: Annotated[str, typer.Option("--run", help="A run's id or folder, or `last`; else what the stack has.")] = "",
    name: Name = "default",
    into: Annotated[Path, typer.Option("--into", help="The folder of the runs.")] = Path("runs"),
) -> None:
    """Follow a message. Exit code 0: found and whole, 1: broken, or an error, 2: there was nothing to look at."""
    from veigo.commands import trace_display

    try:
        with _store(run, name, into, is_unpacked=message == CHECK or incomplete) as store:
            if message == CHECK and expected:
                code = trace_display.expected(store, as_json=as_json)
            elif message == CHECK or incomplete:
                code = trace_display.check(store, as_json=as_json, only_broken=incomplete)
            elif slowest or not message:
                code = trace_display.slowest(store, slowest or 10, as_json=as_json)
            else:
                code = trace_display.message(store, message, as_json=as_json, live=not run)
    except StackError as error:
        complain(str(error))
        code = 1
    except BrokenPipeError:  # into `head`, say
        code = 0
    raise typer.Exit(code)


@contextlib.contextmanager
def _store(run: str, name: str, into: Path, *, is_unpacked: bool) -> "Iterator[Store]":
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.stack.stack import Stack
    from veigo.telemetry.kept_runs import collected, file_of
    from veigo.telemetry.store import Store

    if run:
        with Store.open(file_of(run, into), read_only=True) as store:
            yield store
        return
    stack = Stack.existing(TOPOLOGY, toolchain(), name)
    if stack is None:
        raise StackError(f"stack {name} is not there; start it with `veigo up`, or name a run with --run")
    with collected(f"http://{stack.address('collector')}", is_unpacked=is_unpacked) as store:
        yield store
