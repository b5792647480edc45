"""``veigo load list``: the scenes there are, a sentence each."""

from pathlib import Path
from typing import Annotated

import typer

from veigo.commands.display import complain, say
from veigo.stack.problem import StackError
from veigo.verdict import Verdict

FOLDER = Path("loadtests")
Folder = Annotated[Path, typer.Option("--from", help="The folder of the scenes.")]


def list_scenes(folder: Folder = FOLDER) -> None:
    """Say which scenes there are."""
    try:
        for path in scenes_in(folder).values():
            from veigo.catalogue import sentence_of

            say(path.stem)
            say(f"    {sentence_of(path)}")
    except StackError as error:
        complain(str(error))
        raise typer.Exit(Verdict.INCONCLUSIVE.exit_code) from None


def scenes_in(folder: Path) -> dict[str, Path]:
    """The files of a folder's scenes by name; nothing is run to list them.

    Raises:
        StackError: there is no such folder, or nothing in it.
    """
    found = {path.stem: path for path in sorted(folder.glob("*.py"))}
    if not found:
        raise StackError(f"there are no scenes in {folder}; say where they are with --from FOLDER")
    return found
