"""``veigo contracts``: what changed in the contracts, whom it breaks, and their releases."""

import asyncio
import contextlib
import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veigo.commands.display import complain, console, progress, say
from veigo.contracts.change import CONTRACTS, Severity, of_severity
from veigo.stack.problem import StackError

if TYPE_CHECKING:
    from veigo.contracts.change import Change
    from veigo.contracts.comparison import Programs

BREAKING, UNCOMPARED = 1, 2

contracts = typer.Typer(
    help="gRPC, GraphQL, Kafka records, socket frames and policies: what changed, whom it breaks, and releases.",
    no_args_is_help=True,
)

Root = Annotated[Path, typer.Option("--root", help="The tree to look at.", file_okay=False)]


@contracts.command()
def diff(
    against: Annotated[str, typer.Option("--against", help="A git revision; else the last release.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write JUnit XML into this file.")] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", help="Write Markdown into this file.")] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help=f"Of {', '.join(CONTRACTS)}.")] = None,
    root: Root = Path(),
) -> None:
    """Compare the working tree's contracts. Exit code 0: nothing breaks, 1: something does, 2: could not compare."""
    from veigo.contracts import outputs

    try:
        name, changes = _compared(root.resolve(), against, only, quietly=as_json)
        if junit:
            junit.write_text(outputs.as_junit(name, changes), encoding="utf-8")
        if markdown:
            markdown.write_text(outputs.as_markdown(name, changes), encoding="utf-8")
    except (StackError, OSError) as error:
        complain(str(error))
        raise typer.Exit(UNCOMPARED) from None
    if as_json:
        say(outputs.as_json(name, changes))
    else:
        _show(name, changes)
    raise typer.Exit(BREAKING if of_severity(changes, Severity.BREAKING) else 0)


@contracts.command()
def release(
    breaking: Annotated[str, typer.Option("--breaking", help="Why something may break: for the changelog.")] = "",
    root: Root = Path(),
) -> None:
    """Record what the working tree promises now. Exit code 0: released, 1: it breaks, 2: not released otherwise."""
    from veigo.contracts import release as releasing

    root = root.resolve()
    changes: list[Change] = []
    try:
        if releasing.last(root):
            changes = _compared(root)[1]
        today = datetime.datetime.now(tz=datetime.UTC).date()
        made = releasing.release(root, changes, breaking, _programs(), today)
    except (StackError, OSError) as error:
        complain(str(error))
        broke = not breaking and of_severity(changes, Severity.BREAKING)
        raise typer.Exit(BREAKING if broke else UNCOMPARED) from None
    say(f"released {made.version}; see contracts/CHANGELOG.md, and commit contracts/")


@contracts.command()
def lint(root: Root = Path()) -> None:
    """Check the form by buf, opa check --strict and conventions. Exit code 0: in form, 1: not, 2: not checked."""
    from veigo.contracts.linting import findings

    try:
        found = findings(root.resolve(), _programs())
    except StackError as error:
        complain(str(error))
        raise typer.Exit(UNCOMPARED) from None
    for finding in found:
        say(finding)
    say(f"{len(found)} findings" if found else "the contracts are in form")
    raise typer.Exit(1 if found else 0)


@contracts.command()
def page(root: Root = Path()) -> None:
    """Write docs/contracts.md: all that is promised, with examples, by whom and to whom. Exit code 0 or 2."""
    from stack.table import EDGES
    from veigo.contracts import page as contract_page
    from veigo.contracts.contracts import of_tree
    from veigo.contracts.parties import Parties

    root = root.resolve()
    try:
        text = contract_page.page(of_tree(root), root, Parties(EDGES, root), _programs())
        (root / contract_page.PAGE).write_text(text, encoding="utf-8")
    except (StackError, OSError) as error:
        complain(str(error))
        raise typer.Exit(UNCOMPARED) from None
    say(f"wrote {contract_page.PAGE}")


def _compared(
    root: Path, revision: str = "", only: list[str] | None = None, *, quietly: bool = False
) -> "tuple[str, list[Change]]":
    """What it is compared with, in words, and the changes."""
    from stack.table import EDGES
    from veigo.contracts import release as releasing
    from veigo.contracts.comparison import compared, of_revision
    from veigo.contracts.contracts import released

    wanted = only or CONTRACTS
    if unknown := set(wanted) - set(CONTRACTS):
        raise StackError(f"there is no contract {', '.join(sorted(unknown))}; there are {', '.join(CONTRACTS)}")
    programs = _programs(quietly=quietly)
    if revision:
        return revision, compared(of_revision(root, revision, programs), root, EDGES, programs, wanted)
    last = releasing.last(root)
    name = f"release {last.version} of {last.date}" if last else "the last release"
    return name, compared(released(root), root, EDGES, programs, wanted)


def _programs(*, quietly: bool = False) -> "Programs":
    """The programs a comparison needs, built if they are missing."""
    from stack.tools import toolchain
    from veigo.contracts.comparison import Programs

    tools = toolchain()
    if tools.missing("buf", "opa"):
        with contextlib.nullcontext(lambda _: None) if quietly else progress() as report:
            asyncio.run(tools.build(report, "buf", "opa"))
    return Programs(buf=tools.path("buf") / "buf", opa=tools.path("opa") / "opa")


def _show(against: str, changes: "list[Change]") -> None:
    from rich.markup import escape

    styles = {Severity.BREAKING: "bold red", Severity.DANGEROUS: "yellow", Severity.SAFE: "green"}
    out = console()
    if not changes:
        out.print(f"The contracts are those of {escape(against)}.")
        return
    for change in changes:
        style, where = styles[change.severity], escape(change.where)
        out.print(f"[{style}]{change.severity:<9}[/] {change.contract:<8} [bold]{where}[/] {escape(change.what)}")
        if change.severity is not Severity.SAFE:
            out.print(f"{'':<19}[dim]{escape(change.for_whom)}. {escape(change.advice)}.[/]")
    counts = ", ".join(f"{len(of_severity(changes, severity))} {severity}" for severity in Severity)
    out.print(f"\nAgainst {escape(against)}: {counts}.")
