"""How progress and tables look: a live table on a terminal, plain lines everywhere else."""

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from veigo.stack.progress import Progress, Report, Stage

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

MARKS = {Stage.WAITING: "·", Stage.RUNNING: "▸", Stage.DONE: "✓", Stage.FAILED: "✗"}
STYLES = {Stage.WAITING: "dim", Stage.RUNNING: "yellow", Stage.DONE: "green", Stage.FAILED: "bold red"}
REFRESHES_PER_S = 10


def say(text: str = "") -> None:
    """Print a line of the command's answer."""
    print(text, flush=True)  # noqa: T201 - a command's output


def complain(text: str) -> None:
    """Print what went wrong where errors go."""
    print(f"veigo: {text}", file=sys.stderr, flush=True)  # noqa: T201 - a command's output


@contextlib.contextmanager
def progress() -> Iterator[Report]:
    """Show progress as it is reported: in place on a terminal, as lines in a log or a pipe."""
    if sys.stdout.isatty():
        with _live_table() as report:
            yield report
    else:
        yield _tell_by_lines


def _tell_by_lines(news: Progress) -> None:
    if news.stage is Stage.WAITING and not news.detail:
        return
    seconds = "" if news.took_s is None else f"{news.took_s:.1f} s"
    say(f"  {MARKS[news.stage]} {news.name:<15} {seconds:>7}  {news.detail}".rstrip())


@contextlib.contextmanager
def _live_table() -> Iterator[Report]:
    from rich.live import Live

    latest: dict[str, tuple[Progress, float]] = {}

    def render() -> "Table":
        from rich.table import Table

        table = Table(box=None, show_header=False, padding=(0, 1))
        for news, since in latest.values():
            took_s = time.monotonic() - since if news.stage is Stage.RUNNING else news.took_s
            style = STYLES[news.stage]
            seconds = "" if took_s is None else f"{took_s:5.1f} s"
            table.add_row(
                f"[{style}]{MARKS[news.stage]}[/]", f"[{style}]{news.name}[/]", seconds, f"[dim]{news.detail}[/]"
            )
        return table

    def report(news: Progress) -> None:
        latest[news.name] = (news, time.monotonic())

    # A failed piece stays on the screen: the table is printed once more when the work is over.
    with Live(get_renderable=render, refresh_per_second=REFRESHES_PER_S):
        yield report


def console() -> "Console":
    """A console that does not wrap or colour when its output goes into a file."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=200, color_system=None)
