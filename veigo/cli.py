"""The ``veigo`` command. Each subcommand is one module of ``veigo/commands``, registered here by one line."""

import typer

from veigo.commands.attach import attach
from veigo.commands.authz_lag import authz_lag
from veigo.commands.build import build
from veigo.commands.chaos import app as chaos
from veigo.commands.check import check
from veigo.commands.contracts import contracts
from veigo.commands.crowd import app as crowd
from veigo.commands.dash import dash
from veigo.commands.demo import demo
from veigo.commands.doctor import doctor
from veigo.commands.down import down
from veigo.commands.load import app as load
from veigo.commands.logs import logs
from veigo.commands.node import restart, start, stop
from veigo.commands.rebuild import rebuild
from veigo.commands.repair import repair
from veigo.commands.rolling import rolling
from veigo.commands.status import status
from veigo.commands.trace import trace
from veigo.commands.up import up

app = typer.Typer(
    help="A complete event-driven chat stack, and a harness that shows it holds.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(up)
app.command()(down)
app.command()(attach)
app.command()(status)
app.command()(logs)
app.command()(stop)
app.command()(start)
app.command()(restart)
app.command()(doctor)
app.command()(build)
app.command()(demo)
app.command()(rolling)
app.command()(check)
app.command()(rebuild)
app.command()(repair)
app.command(name="authz-lag")(authz_lag)
app.command()(trace)
app.command()(dash)
app.add_typer(chaos, name="chaos")
app.add_typer(crowd, name="crowd")
app.add_typer(load, name="load")
app.add_typer(contracts, name="contracts")
