"""What the commands of ``veigo chaos`` have in common to ask for: which experiments, and under which seeds."""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from veigo.catalogue import Entry
    from veigo.plan import Plan

Names = Annotated[list[str] | None, typer.Argument(metavar="NAME…", help="Experiments by name; all when none is.")]
Folder = Annotated[Path, typer.Option("--from", help="The folder of the experiments.")]
Seed = Annotated[int | None, typer.Option("--seed", help="The first seed: who says what and when, and what is drawn.")]
Seeds = Annotated[int, typer.Option("--seeds", help="How many seeds, each the one before it plus one.", min=1, max=100)]
Full = Annotated[bool, typer.Option("--full", help="The real minutes, where an experiment is shortened by default.")]

FOLDER = Path("chaos")


def planned(
    folder: Path, names: list[str] | None, seed: int | None, seeds: int, *, full: bool
) -> "tuple[Plan, dict[str, Entry]]":
    """The plan of what was asked for, and the experiments in it by name.

    Raises:
        StackError: an experiment is not there, or does not load.
    """
    from veigo.catalogue import chosen
    from veigo.plan import plan_of

    first = secrets.randbelow(2**31) if seed is None else seed
    entries = {entry.name: entry for entry in chosen(folder, names or [])}
    experiments = [(name, entry.load()) for name, entry in entries.items()]
    return plan_of(experiments, range(first, first + seeds), full=full), entries
