"""``veigo check``: judge the history of a run, whenever and wherever: nothing is asked but the file.

One command to try it: ``veigo check runs/<id>``, after a ``veigo demo``.
"""

import difflib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veigo.commands.display import complain, say
from veigo.verdict import Verdict

if TYPE_CHECKING:
    from veigo.checkers.checker import Checker
    from veigo.report import Report

FAULT_MODEL = "what each finding says"


def check(
    history: Annotated[Path | None, typer.Argument(help="A run's folder, or its history.jsonl.")] = None,
    only: Annotated[
        str | None, typer.Option("--only", help="Ask these checkers only, whatever the run was: NAME,NAME…")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    names: Annotated[bool, typer.Option("--list", help="Say what checkers there are, and judge nothing.")] = False,
) -> None:
    """Judge a recorded run again. Exit code 0: holds, 1: violated, 2: inconclusive, or nothing to judge."""
    from veigo.history import UnreadableHistoryError

    if names:
        _list()
        return
    try:
        if history is None:
            raise _Refusal("which history? Give a run's folder, or its history.jsonl: veigo check runs/<id>")
        report = _judged(history, only, quiet=as_json)
    except (_Refusal, UnreadableHistoryError) as refusal:
        complain(str(refusal))
        raise typer.Exit(Verdict.INCONCLUSIVE.exit_code) from None
    _tell(report, as_json=as_json)
    raise typer.Exit(report.verdict.exit_code)


class _Refusal(Exception):  # noqa: N818 - what the command answers
    """What was asked for cannot be done; the message says what to ask instead."""


def _judged(history: Path, only: str | None, *, quiet: bool) -> "Report":
    from veigo.checkers.catalogue import CATALOGUE, checkers_for
    from veigo.checkers.checker import judge
    from veigo.checkers.ledger import Ledger
    from veigo.history import load
    from veigo.report import report_of

    path = history / "history.jsonl" if history.is_dir() else history
    chosen = None if only is None else _chosen(only, CATALOGUE)
    notes: list[str] = []
    began = time.monotonic()
    records = load(path, notes)
    ledger = Ledger.of(records)
    asked, spared = checkers_for(ledger, path.with_name("telemetry.duckdb")) if chosen is None else (chosen, [])
    judgement = judge(asked, ledger)
    if not quiet:
        say(f"{path}: {len(records):,} records, judged in {time.monotonic() - began:.1f} s")
        _say_whom_it_does_not_concern(spared)
    return report_of(ledger, judgement, fault_model=FAULT_MODEL, notes=notes)


def _chosen(only: str, known: "tuple[Checker, ...]") -> "list[Checker]":
    """The checkers of these names; spelling counts, case does not."""
    by_name = {type(checker).__name__.lower(): checker for checker in known}
    chosen = []
    for name in filter(None, (part.strip() for part in only.split(","))):
        if name.lower() not in by_name:
            near = difflib.get_close_matches(name.lower(), by_name, n=1)
            hint = f"; did you mean {type(by_name[near[0]]).__name__}?" if near else "; veigo check --list names them"
            raise _Refusal(f"there is no checker {name}{hint}")
        chosen.append(by_name[name.lower()])
    if not chosen:
        raise _Refusal("--only names no checker; veigo check --list names them")
    return chosen


def _say_whom_it_does_not_concern(spared: "list[Checker]") -> None:
    if spared:
        say(f"nothing in it concerns {', '.join(type(checker).__name__ for checker in spared)}")


def _tell(report: "Report", *, as_json: bool) -> None:
    import msgspec

    from veigo.commands.run_display import show

    if as_json:
        say(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        show(report)


def _list() -> None:
    from veigo.checkers.catalogue import CATALOGUE

    for checker in CATALOGUE:
        say(type(checker).__name__)
        say(f"    promise   {checker.promise}")
        say(f"    anomaly   {checker.anomaly}")
        say(f"    faults    {checker.fault_model}")
