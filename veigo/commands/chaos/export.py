"""``veigo chaos export``: experiments as the Chaos Toolkit runs them (`chaos run NAME.json`), a file each."""

import json
from pathlib import Path
from typing import Annotated

import typer

from veigo.commands.chaos.choosing import FOLDER, Folder, Full, Names, Seed, planned
from veigo.commands.display import complain, say
from veigo.stack.problem import StackError


def export(
    names: Names = None,
    folder: Folder = FOLDER,
    seed: Seed = 1,
    full: Full = False,
    name: Annotated[
        str, typer.Option("--name", help="The stack that it will be run on, which must be up then.")
    ] = "default",
    into: Annotated[Path, typer.Option("--into", help="The folder that gets the files.")] = Path(),
) -> None:
    """Write each experiment as JSON for the Chaos Toolkit. Exit code 0, or 2 when there is nothing to write."""
    from veigo.chaos_export import exported

    try:
        whole, entries = planned(folder, names, seed, 1, full=full)
        into.mkdir(parents=True, exist_ok=True)
        for stand, trial in [(each, trial) for each in whole.stands for trial in each.trials]:
            if trial.judges:
                continue  # the hypothesis, asked before the method, takes the baseline's place
            path = into / f"{trial.name}.json"
            document = exported(entries[trial.name], trial, stand, name, full=full)
            path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            say(str(path))
    except (StackError, OSError) as error:
        complain(str(error))
        raise typer.Exit(2) from None
