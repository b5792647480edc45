"""``veigo chaos``: break the stack on purpose, and mend it. Each subcommand is one module of this folder."""

import typer

from veigo.commands.chaos.heal import heal

app = typer.Typer(help="Break the stack on purpose, and prove that nothing acknowledged is lost.", no_args_is_help=True)
app.command()(heal)
