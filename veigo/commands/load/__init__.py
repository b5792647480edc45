"""``veigo load``: scenes with many people, played by Locust and judged like any run."""

import typer

from veigo.commands.load.list import list_scenes
from veigo.commands.load.run import run

app = typer.Typer(help="Scenes with many people: what is fast enough, and where it breaks.", no_args_is_help=True)
app.command(name="list")(list_scenes)
app.command()(run)
