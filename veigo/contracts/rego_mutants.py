"""Policies with one thing wrong each: what tests of policies must notice.

A mutant is the source of a policy file in which a condition is negated or left out, a comparison is another, an outcome
or a default is another, or a whole alternative is gone. Those that no longer compile are told apart by who runs them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

COMPARISONS = {">=": (">", "<"), "==": ("!=",)}
OUTCOMES = {"allow": "deny", "deny": "allow", "stale": "allow"}


@dataclass(frozen=True)
class Mutant:
    """A policy's source with one thing wrong.

    Attributes:
        line: where, counted from 1.
        what: what was done there.
        source: all of it.
    """

    line: int
    what: str
    source: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}"


def mutants(source: str) -> Iterator[Mutant]:
    """Return every mutant of a policy's source."""
    lines = source.splitlines()
    for number, line in enumerate(lines):
        if not line.strip() or line.startswith(("#", "package", "import")):
            continue
        for what, instead in _changed(line):
            changed = [*lines[:number], *([instead] if instead else []), *lines[number + 1 :]]
            yield Mutant(number + 1, what, "\n".join(changed) + "\n")


def _changed(line: str) -> Iterator[tuple[str, str]]:
    """Every other way to write a line, and what was done; an empty line is one left out."""
    for sign, others in COMPARISONS.items():
        for other in others:
            if f" {sign} " in line:
                yield f"{sign} is {other}", line.replace(f" {sign} ", f" {other} ", 1)
    for outcome, other in OUTCOMES.items():
        if f'"{outcome}", "' in line:
            yield f"{outcome} is {other}", line.replace(f'"{outcome}"', f'"{other}"', 1)
    yield from _conditions(line)
    if line.startswith("else"):
        yield "an alternative is left out", ""
    if line.startswith("default"):
        yield "a default is another", re.sub(r":= (\d+)$", r":= 7\1", line)
        yield "a default is left out", ""


def _conditions(line: str) -> Iterator[tuple[str, str]]:
    if " if not " in line:
        yield "a condition is negated", line.replace(" if not ", " if ", 1)
    elif re.search(r" if [^{]+$", line):
        yield "a condition is negated", re.sub(r" if ([^{]+)$", r" if not \1", line)
        yield "a condition is left out", re.sub(r" if [^{]+$", "", line)
    if line.startswith("\t"):  # in a body
        yield "a condition is left out", ""
        yield "a condition is negated", f"\tnot {line.strip()}"
