"""``veigo chaos plan``: what a run would do, step by step, without doing it."""

import typer

from veigo.commands.chaos.choosing import FOLDER, Folder, Full, Names, Seed, Seeds, planned
from veigo.commands.display import complain, say
from veigo.stack.problem import StackError


def plan(names: Names = None, folder: Folder = FOLDER, seed: Seed = 1, seeds: Seeds = 1, full: Full = False) -> None:
    """Print the plan; the same experiments and seeds make the same. Exit code 0, or 2 when there is none."""
    from veigo.plan import tree

    try:
        whole, _ = planned(folder, names, seed, seeds, full=full)
    except StackError as error:
        complain(str(error))
        raise typer.Exit(2) from None
    say(tree(whole).rstrip())
