"""What commands that judge have in common: how they end without a verdict, and the stack that they use meanwhile."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from veigo.commands.display import complain, progress, say
from veigo.stack.problem import StackError
from veigo.verdict import Verdict

if TYPE_CHECKING:
    from veigo.stack.stack import Stack

INTERRUPTED = "interrupted before anything could be judged"
NOT_KEPT = ", as it was not up before (--keep leaves it running)"


@contextlib.contextmanager
def judging(*refusals: type[Exception], hint: str = "") -> Iterator[None]:
    """End the command as inconclusive where what is done within is refused or interrupted, and say why.

    From here on SIGTERM ends the command as Ctrl-C does: tidied up, and without a verdict it has not earned.

    Args:
        refusals: errors that are one, beside `StackError`.
        hint: what somebody who interrupts it should know.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    refused: tuple[type[Exception], ...] = (StackError, *refusals)
    try:
        yield
    except refused as error:
        complain(str(error))
        raise typer.Exit(Verdict.INCONCLUSIVE.exit_code) from None
    except KeyboardInterrupt:
        complain(INTERRUPTED + hint)
        raise typer.Exit(Verdict.INCONCLUSIVE.exit_code) from None


@contextlib.contextmanager
def brought_up(stack: "Stack", *, keep: bool = False, hint: str = "") -> Iterator[bool]:
    """Have a stack up, and leave it as it was found; gives whether it stays up afterwards.

    Args:
        stack: which one.
        keep: it stays, even if it was not up before.
        hint: what is said when it is stopped.

    Raises:
        StackError: it does not come up.
    """
    from stack.runtimes import runtime_of

    runtime = runtime_of(stack)
    stays = runtime.is_running() or keep
    with progress() as report:
        asyncio.run(runtime.bring_up(report))
    try:
        yield stays
    finally:
        if not stays:
            say(f"stopping stack {stack.name}{hint}")
            asyncio.run(runtime.bring_down(lambda _: None))
