"""``veigo chaos report``: the report card of runs, drawn again, put together, compared, or made the committed one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veigo.commands.chaos.card_display import COMMITTED, committed_card, say_where_it_is, show, written
from veigo.commands.chaos.choosing import FOLDER, Folder
from veigo.commands.chaos.run import Against
from veigo.commands.display import complain, say
from veigo.stack.problem import StackError
from veigo.verdict import Verdict

if TYPE_CHECKING:
    from veigo.report_card import Card

Runs = Annotated[list[str] | None, typer.Argument(metavar="RUN…", help="Runs by id or folder; the last when none is.")]


def report(
    runs: Runs = None,
    folder: Folder = FOLDER,
    against: Against = None,
    commit: Annotated[
        bool, typer.Option("--commit", help="Make this the card that later runs are compared with.")
    ] = False,
    into: Annotated[Path, typer.Option("--into", help="The folder of the runs.")] = Path("runs"),
) -> None:
    """Show a report card. Exit code 0: all hold, 1: one was violated or got worse, 2: inconclusive."""
    try:
        folders = _folders(runs or [], into)
        card = _together(folders)
        if commit:
            _commit(card, against or folder / COMMITTED)
        card = written(card, folders[-1], committed_card(against, folder))
    except StackError as error:
        complain(str(error))
        raise typer.Exit(Verdict.INCONCLUSIVE.exit_code) from None
    show(card)
    say_where_it_is(folders[-1])
    raise typer.Exit(1 if card.regressions else card.verdict.exit_code)


def _folders(runs: list[str], into: Path) -> list[Path]:
    if runs:
        folders = [path if (path := Path(run)).is_dir() else into / run for run in runs]
    else:
        folders = [path.parent for path in sorted(into.glob("*/card.json"))[-1:]]
    if not folders:
        raise StackError(f"no chaos run is in {into}; `veigo chaos run` makes one")
    if missing := [str(folder) for folder in folders if not (folder / "card.json").exists()]:
        raise StackError(f"{', '.join(missing)} has no card.json; name the folder of a chaos run")
    return folders


def _together(folders: list[Path]) -> "Card":
    """The card of one run, or of several put together: links lead to where each trial's folder is."""
    import os

    import msgspec

    from veigo.report_card import card_of, read_json

    cards = [read_json(folder / "card.json") for folder in folders]
    last = cards[-1]
    trials = []
    for folder, card in zip(folders, cards, strict=True):
        way = Path(os.path.relpath(folder, folders[-1]))
        trials += [
            trial if folder == folders[-1] else msgspec.structs.replace(trial, folder=str(way / trial.folder))
            for trial in card.trials
        ]
    return card_of(last.id, cards[0].started_at, last.machine, trials, sum(card.left_out for card in cards))


def _commit(card: "Card", path: Path) -> None:
    """Write the card to compare with; the tolerance that stands there stays."""
    import msgspec

    from veigo.card_comparison import WHY, Tolerance, committed_at, committed_of

    before = committed_at(path)
    tolerance = before.tolerance if before else Tolerance(why=WHY)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(committed_of(card, tolerance)), indent=2) + b"\n")
    say(f"committed {path}")
