"""``veigo crowd hold``: open tens of thousands of sockets, leave them be, and say what that costs.

It needs a stack that is up, and for its memory to be told right one that has held no crowd yet. One command to try it:
``veigo crowd hold --sockets 1000 --seconds 20``.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veigo.commands.display import say
from veigo.commands.judging import judging
from veigo.commands.up import Name, running
from veigo.stack.problem import StackError
from veigo.verdict import Verdict

if TYPE_CHECKING:
    from veigo.crowd.idle_run import Crowded, Result
    from veigo.stack.stack import Stack

HEADS = ("RSS/socket", "PSS/socket", "CPU alone", "CPU idle", "per 1,000")

app = typer.Typer(help="Idle sockets in great numbers: held, counted, weighed.", no_args_is_help=True)


@app.callback()
def crowd() -> None:
    """Idle sockets in great numbers: held, counted, weighed."""


@app.command()
def hold(
    name: Name = "default",
    sockets: Annotated[int, typer.Option("--sockets", min=1, help="How many.")] = 10_000,
    seconds: Annotated[float, typer.Option("--seconds", min=1, help="How long they are held.")] = 60,
    rooms: Annotated[int, typer.Option("--rooms", min=1, help="Rooms they are spread over; each is in one.")] = 100,
    accounts: Annotated[
        int, typer.Option("--accounts", min=1, max=100, help="People they belong to, many sockets each.")
    ] = 20,
    into: Annotated[Path, typer.Option("--into", help="The folder that gets the run's folder.")] = Path("runs"),
) -> None:
    """Hold a crowd of idle sockets. Exit code 0: all stayed and were reached, 1: not so, 2: inconclusive or refused."""
    from veigo.crowd.idle_run import Crowded

    with judging():
        asked = Crowded(sockets=sockets, rooms=min(rooms, sockets), accounts=accounts, seconds=seconds)
        verdict = asyncio.run(_hold(running(name), asked, into))
    raise typer.Exit(verdict.exit_code)


async def _hold(stack: "Stack", asked: "Crowded", into: Path) -> Verdict:
    import aiohttp
    import msgspec

    from veigo.client.graphql import GraphQL, Unintelligible
    from veigo.crowd.crowd import this_machine
    from veigo.crowd.idle_run import IdleRun
    from veigo.crowd.people import People
    from veigo.crowd.spread import check_stack
    from veigo.outcome import Refused
    from veigo.run_folder import RunFolder

    gateways = [f"http://{address}" for address in stack.addresses_of("gateway").split(",")]
    check_stack(asked.sockets, len(gateways), len(stack.topology.replicas("realtime")), this_machine())
    try:
        async with GraphQL(gateways[0], timeout_s=30) as graphql:
            people = await People.sign_up(graphql, asked.accounts)
            await people.make_rooms(asked.rooms)
            result = await IdleRun(stack, people, asked, say).carry_out()
    except (Refused, Unintelligible, aiohttp.ClientError, TimeoutError) as error:
        raise StackError(f"nothing could be measured: {type(error).__name__}: {error}") from error
    folder = RunFolder.make(into)
    (folder.path / "crowd.json").write_bytes(msgspec.json.format(msgspec.json.encode(result)))
    _show(result)
    say(f"  figures   {folder.path / 'crowd.json'}")
    return result.verdict


def _show(result: "Result") -> None:
    from veigo.commands.run_display import SIGNS

    sockets, thousands = result.asked.sockets, result.asked.sockets / 1000
    say()
    say(f"{'':10}{'processes':>10}" + "".join(f"{head:>12}" for head in HEADS))
    for kind, count in result.processes.items():
        alone, idle = result.alone_cpu[kind], result.idle_cpu[kind]
        memory = "".join(f"{per[kind] / 1024:>9.2f} KB" for per in (result.rss_per_socket, result.pss_per_socket))
        cpu = f"{alone:>11.2%} {idle:>11.2%} {(idle - alone) / thousands:>11.3%}"
        say(f"{kind:10}{count:>10}{memory} {cpu}")
    say()
    kernel = "not told" if result.kernel_per_socket is None else f"{result.kernel_per_socket / 1024:.2f} KB a socket"
    say(f"  kernel    {kernel}, all of its ends on this machine together")
    say(f"  crowd     {result.holders} processes, {result.addresses} addresses")
    say(f"  pings     {result.pings_per_s:.1f} a second were answered")
    for reason, count in result.lost.items():
        say(f"  lost      {count:,}: {reason}")
    say(f"  open      {result.open_after:,} of {sockets:,} after {result.asked.seconds:g} s")
    p99 = "" if result.delivered_p99_ms is None else f", p99 after {result.delivered_p99_ms:.0f} ms"
    again = f", {result.repeated:,} of them again" if result.repeated else ""
    say(f"  reached   {result.delivered:,} of {result.due:,} by {result.messages} messages{again}{p99}")
    say(f"{SIGNS[result.verdict]} {result.verdict.value.upper()}")
