"""Releasing: what the working tree promises becomes what was promised, with a version, a date and a changelog entry."""

import datetime
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from veigo.contracts import decisions
from veigo.contracts.change import Change, Severity, of_severity
from veigo.contracts.comparison import Programs
from veigo.contracts.contracts import RELEASED, of_tree, write
from veigo.stack.problem import StackError

CHANGELOG = Path("contracts") / "CHANGELOG.md"
STAMP = RELEASED / "release.json"
HEAD = "# Contracts: what was promised when\n"


@dataclass(frozen=True)
class Release:
    """A release: its version, `major.minor.patch`, and its day."""

    version: str
    date: str


def last(root: Path) -> Release | None:
    """The last release of a tree; None before the first."""
    path = root / STAMP
    if not path.exists():
        return None
    stamp = json.loads(path.read_text(encoding="utf-8"))
    return Release(stamp["version"], stamp["date"])


def next_version(before: Release | None, changes: list[Change]) -> str:
    """The version after `before`: breaking raises the first number, dangerous and new the second.

    Raises:
        StackError: nothing changed, so there is nothing to release.
    """
    if before is None:
        return "1.0.0"
    if not changes:
        raise StackError(f"nothing to release: the contracts are those of {before.version}")
    major, minor, _ = map(int, before.version.split("."))
    return f"{major + 1}.0.0" if of_severity(changes, Severity.BREAKING) else f"{major}.{minor + 1}.0"


def release(root: Path, changes: list[Change], why: str, programs: Programs, today: datetime.date) -> Release:
    """Write the tree's contracts as released, and what changed into the changelog.

    Args:
        root: the tree.
        changes: since the last release.
        why: the reason for what breaks; may be empty when nothing does.
        programs: to record decisions with.
        today: the day it counts from.

    Raises:
        StackError: there is nothing to release, or something breaks and no reason was given; nothing was written.
    """
    breaking = of_severity(changes, Severity.BREAKING)
    made = Release(next_version(last(root), changes), today.isoformat())
    if breaking and not why:
        raise StackError(f'{len(breaking)} changes break a contract; say why with --breaking "…", or undo them')
    contracts = of_tree(root)
    contracts = replace(contracts, decisions=decisions.recorded(programs.opa, root, contracts.policies))
    draft = root / RELEASED.with_name(".released.draft")
    shutil.rmtree(draft, ignore_errors=True)
    write(contracts, draft)
    stamp = json.dumps({"version": made.version, "date": made.date}, indent=2)
    (draft / STAMP.name).write_text(stamp + "\n", encoding="utf-8")
    shutil.rmtree(root / RELEASED, ignore_errors=True)
    draft.rename(root / RELEASED)
    _note(root / CHANGELOG, entry(made, changes, why))
    return made


def entry(made: Release, changes: list[Change], why: str) -> str:
    """The changelog's entry of a release."""
    lines = [f"## {made.version} — {made.date}", ""]
    if why:
        lines += [why, ""]
    if not changes:
        lines += ["The first release."]
    for severity in Severity:
        lines += [
            f"- {severity}: {change.contract} `{change.where}` {change.what}"
            for change in of_severity(changes, severity)
        ]
    return "\n".join(lines) + "\n"


def _note(path: Path, text: str) -> None:
    before = path.read_text(encoding="utf-8") if path.exists() else HEAD
    head, _, older = before.partition("\n## ")
    rest = f"\n## {older}" if older else ""
    path.write_text(f"{head.rstrip()}\n\n{text}{rest}", encoding="utf-8")
