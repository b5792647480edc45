"""``veigo chaos run``: break the stack on purpose under people who talk, judge what they saw, and write a report card.

One command to try it: ``veigo chaos run kafka_killed_under_load``. It prints its plan first, starts a stack of its own
(or breaks the one that is named and runs), and leaves things as they were found. On Ctrl-C everything heals.
"""

import platform
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import psutil
import typer

from veigo.commands.chaos.card_display import committed_card, say_where_it_is, show, written
from veigo.commands.chaos.choosing import FOLDER, Folder, Full, Names, Seed, Seeds, planned
from veigo.commands.display import say
from veigo.commands.judging import judging

if TYPE_CHECKING:
    from veigo.card_comparison import CommittedCard
    from veigo.catalogue import Entry
    from veigo.plan import Plan
    from veigo.report_card import Card

Against = Annotated[
    Path | None,
    typer.Option("--against", help="The committed card to compare with; baseline.json of the experiments if there."),
]


def run(
    names: Names = None,
    folder: Folder = FOLDER,
    seed: Seed = None,
    seeds: Seeds = 1,
    full: Full = False,
    name: Annotated[str, typer.Option("--name", help="Which stack; started when it does not run.")] = "chaos",
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack running, even if this started it.")] = False,
    against: Against = None,
    into: Annotated[Path, typer.Option("--into", help="The folder that gets the run's folder.")] = Path("runs"),
) -> None:
    """Run experiments. Exit code 0: all hold, 1: one was violated or got worse, 2: inconclusive."""
    with judging(hint="; `veigo chaos heal` says whether something is left to heal"):
        whole, entries = planned(folder, names, seed, seeds, full=full)
        card = _carried_out(whole, entries, name, into, committed_card(against, folder), keep=keep)
    raise typer.Exit(1 if card.regressions else card.verdict.exit_code)


def _carried_out(
    whole: "Plan",
    entries: "dict[str, Entry]",
    name: str,
    into: Path,
    against: "tuple[str, CommittedCard | None]",
    *,
    keep: bool,
) -> "Card":
    """Carry the plan out; whatever ends that, what there is by then is on the card."""
    from datetime import UTC, datetime

    from veigo.commands.chaos.stands import Session
    from veigo.plan import tree
    from veigo.report_card import card_of
    from veigo.run_folder import RunFolder

    run_folder = RunFolder.make(into)
    drawn = tree(whole)
    (run_folder.path / "plan.txt").write_text(drawn, encoding="utf-8")
    say(drawn)
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    session = Session(run_folder, entries, name, keep=keep)
    try:
        session.carry_out(whole.stands)
    finally:
        left_out = len(whole.trials) - len(session.results)
        card = card_of(run_folder.id, started_at, _machine(), session.results, left_out)
        card = written(card, run_folder.path, against)
        show(card)
        say_where_it_is(run_folder.path)
    return card


def _machine() -> str:
    memory_gib = round(psutil.virtual_memory().total / 2**30)
    return f"{platform.system()} on {platform.machine()}, {psutil.cpu_count()} cores, {memory_gib} GiB"
