"""How a report card looks on a terminal, and where it is written."""

from pathlib import Path
from typing import TYPE_CHECKING

from veigo.commands.display import console, say
from veigo.commands.run_display import SIGNS, STYLES
from veigo.stack.problem import StackError

if TYPE_CHECKING:
    from veigo.card_comparison import CommittedCard
    from veigo.report_card import Card, Line

COMMITTED = "baseline.json"
WHY_SHOWN_MAX = 3


def committed_card(against: Path | None, experiments: Path) -> "tuple[str, CommittedCard | None]":
    """Where the card to compare with is, and the card; none only where nobody asked for one and there is none.

    Raises:
        StackError: it is not there, or is no such card.
    """
    from veigo.card_comparison import committed_at

    path = against or experiments / COMMITTED
    committed = committed_at(path)
    if committed is None and against is not None:
        raise StackError(f"{path} is not there to compare with; `veigo chaos report --commit --against` makes one")
    return str(path), committed


def written(card: "Card", folder: Path, against: "tuple[str, CommittedCard | None]") -> "Card":
    """Compare a card with the committed one, if there is one, and write it down; the compared card."""
    from veigo.card_comparison import compared
    from veigo.report_card import write_json
    from veigo.report_card_page import write_page

    path, committed = against
    if committed is not None:
        card = compared(card, committed, path)
    write_json(card, folder)
    write_page(card, folder)
    return card


def show(card: "Card") -> None:
    """Print the card: a line for each experiment, and what did not hold."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("experiment", no_wrap=True)
    headings = (
        "first delivery",
        "back",
        "since the fault",
        "resumed",
        "delayed",
        "refused",
        "unknown",
        "on the wire twice",
        "traces",
    )
    for heading in headings:
        table.add_column(heading, justify="right")
    for line in card.lines:
        table.add_row(f"[{STYLES[line.verdict]}]{SIGNS[line.verdict]}[/] {line.name}", *_figures(line))
    screen = console()
    screen.print()
    screen.print(table)
    screen.print()
    for line in card.lines:
        for why in line.why[:WHY_SHOWN_MAX]:
            screen.print(
                f"[{STYLES[line.verdict]}]{SIGNS[line.verdict]}[/] {line.name}: {escape(why)}", highlight=False
            )
    for regression in card.regressions:
        screen.print(f"[bold red]worse than {escape(card.compared_with)}:[/] {escape(regression)}", highlight=False)
    if not card.compared_with:
        screen.print("compared with no other card: none is committed beside the experiments; `report --commit` does it")
    trials = sum(line.trials for line in card.lines)
    left_out = f", {card.left_out} left out" if card.left_out else ""
    screen.print(
        f"[{STYLES[card.verdict]}]{SIGNS[card.verdict]} {card.verdict.value.upper()}[/]  {trials} trials{left_out}",
        highlight=False,
    )


def say_where_it_is(folder: Path) -> None:
    """Print where to look."""
    say()
    say(f"  report card  {folder / 'card.html'}")
    say(f"  run folder   {folder}")


def _figures(line: "Line") -> list[str]:
    from veigo.telemetry.completeness import percent

    whole = "–" if line.traces_complete is None else percent(round(line.traces_complete * 1e6), 1_000_000)
    counts = (line.delayed, line.refused, line.unknown, line.wire_duplicates)
    times = (line.first_delivery_s, line.back_s, line.back_after_fault_s, line.resumed_s)
    return [*("–" if time is None else f"{time:.1f} s" for time in times), *(f"{count:,}" for count in counts), whole]
