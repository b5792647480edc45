"""``veigo dash``: the journey page of the stack that is up, or of a run that is over."""

import asyncio
import os
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from veigo.commands.display import complain, say
from veigo.commands.up import Name
from veigo.stack.problem import StackError

HOST = "127.0.0.1"
ANSWERS_WITHIN_S = 5.0


def dash(
    run: Annotated[str, typer.Option("--run", help="A run's id or folder, or `last`; else the stack that is up.")] = "",
    name: Name = "default",
    into: Annotated[Path, typer.Option("--into", help="The folder of the runs.")] = Path("runs"),
    port: Annotated[int, typer.Option("--port", help="Serve a run on this port; 0: a free one.", min=0, max=65535)] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")] = True,
) -> None:
    """Show what happens in charts, down to one message. A run is served until Ctrl-C."""
    try:
        if run:
            _serve(run, into, port, browser=browser)
        else:
            _show(_live(name), browser=browser)
    except StackError as error:
        complain(str(error))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        pass


def _live(name: str) -> str:
    """Where the collector of that stack serves its page, after it answered."""
    import urllib.request

    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.stack.stack import Stack

    stack = Stack.existing(TOPOLOGY, toolchain(), name)
    if stack is None:
        raise StackError(f"stack {name} is not there; start it with `veigo up`, or name a run: `veigo dash --run last`")
    url = f"http://{stack.address('collector')}/"
    try:
        with urllib.request.urlopen(url, timeout=ANSWERS_WITHIN_S):
            return url
    except OSError as error:
        raise StackError(
            f"the collector of stack {name} does not answer at {url} ({error}); start it with `veigo up`, "
            "or name a run: `veigo dash --run last`"
        ) from error


def _serve(run: str, into: Path, port: int, *, browser: bool) -> None:
    import json

    from stack.collector import EXPECTED
    from stack.table import TOPOLOGY
    from veigo.observability import expectations
    from veigo.telemetry import edge_rates
    from veigo.telemetry.api import Shown
    from veigo.telemetry.kept_runs import file_of
    from veigo.telemetry.store import Store

    path = file_of(run, into)
    table = json.loads(edge_rates.described(TOPOLOGY, expectations.read(EXPECTED)))
    shown = Shown(title=path.parent.name, live=False, table=table)
    with Store.open(path, read_only=True) as store:
        asyncio.run(_served(store, shown, port, browser=browser))


async def _served(store: object, shown: object, port: int, *, browser: bool) -> None:
    from aiohttp import web

    from veigo.telemetry.api import Api, Shown
    from veigo.telemetry.store import Store

    assert isinstance(store, Store)
    assert isinstance(shown, Shown)
    app = web.Application()
    app.add_routes(Api(store, shown).routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError as error:
            raise StackError(
                f"port {port} cannot be had ({error}); choose another with --port, or leave it out"
            ) from error
        taken = runner.addresses[0][1]
        _show(f"http://{HOST}:{taken}/", browser=browser)
        say("Ctrl-C ends it.")
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def _show(url: str, *, browser: bool) -> None:
    """Print the address, and open it where there is a screen; a browser for terminals would take the terminal."""
    say(url)
    screen = sys.platform in ("darwin", "win32") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    if browser and screen and sys.stdout.isatty():
        webbrowser.open(url)
