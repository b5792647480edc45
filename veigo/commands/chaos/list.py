"""``veigo chaos list``: the experiments there are, a sentence each."""

from typing import Annotated

import typer

from veigo.commands.chaos.choosing import FOLDER, Folder
from veigo.commands.display import complain, say
from veigo.stack.problem import StackError


def list_experiments(
    folder: Folder = FOLDER, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """List the experiments. Exit code 0, or 2 when there are none."""
    import json

    from veigo.catalogue import entries

    try:
        found = entries(folder)
    except StackError as error:
        complain(str(error))
        raise typer.Exit(2) from None
    if as_json:
        say(json.dumps({entry.name: entry.sentence for entry in found}, indent=2, ensure_ascii=False))
        return
    for entry in found:
        say(entry.name)
        say(f"    {entry.sentence}")
