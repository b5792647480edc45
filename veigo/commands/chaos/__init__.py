"""``veigo chaos``: break the stack on purpose, and mend it. Each subcommand is one module of this folder."""

import typer

from veigo.commands.chaos.export import export
from veigo.commands.chaos.heal import heal
from veigo.commands.chaos.list import list_experiments
from veigo.commands.chaos.plan import plan
from veigo.commands.chaos.report import report
from veigo.commands.chaos.run import run

app = typer.Typer(help="Break the stack on purpose, and prove that nothing acknowledged is lost.", no_args_is_help=True)
app.command(name="list")(list_experiments)
app.command()(plan)
app.command()(run)
app.command()(report)
app.command()(export)
app.command()(heal)
