"""A report card held against the one that is committed (``chaos/baseline.json``): what got worse.

Promises are compared exactly: what held once holds, on every machine. Times are not: two shared cores today are half of
what they were yesterday, so a time only counts as worse when it exploded, and the tolerance stands in the file, with
the reason. An experiment that the file does not know is news, not a regression.
"""

from pathlib import Path

import msgspec

from veigo.report_card import Card, Line
from veigo.stack.problem import StackError
from veigo.verdict import Verdict

WHY = (
    "Verdicts are compared exactly. Times are those of two shared cores, half as fast on another day: a time "
    "is worse only when it is three times the committed one and more than ten seconds. A killed process takes the "
    "spans along that it had not sent: one trace in a thousand may be broken. A machine too busy for the harness to "
    "keep its own schedule says nothing about times."
)


class Tolerance(msgspec.Struct, kw_only=True, frozen=True):
    """How much worse is not worse.

    Attributes:
        why: the reason for just these numbers.
        time_factor: a time may be so many times the committed one …
        time_floor_s: … and is never held against a run below this.
        late_ms_max: no times are compared where the harness was later than this with its own sends, while all was well:
            the machine was too busy to say anything about the stack.
        traces_complete_min: the share of whole traces that is demanded wherever the committed run had it.
    """

    why: str
    time_factor: float = 3.0
    time_floor_s: float = 10.0
    late_ms_max: float = 50.0
    traces_complete_min: float = 0.999


class Committed(msgspec.Struct, kw_only=True, frozen=True):
    """What one experiment is expected to come to."""

    verdict: Verdict
    back_s: float | None = None
    resumed_s: float | None = None
    traces_complete: float | None = None


class CommittedCard(msgspec.Struct, kw_only=True, frozen=True):
    """The committed card."""

    tolerance: Tolerance
    machine: str
    experiments: dict[str, Committed]


def committed_of(card: Card, tolerance: Tolerance) -> CommittedCard:
    """What to commit of a card."""
    return CommittedCard(
        tolerance=tolerance,
        machine=card.machine,
        experiments={
            line.name: Committed(
                verdict=line.verdict,
                back_s=_rounded(line.back_s),
                resumed_s=_rounded(line.resumed_s),
                traces_complete=line.traces_complete,
            )
            for line in card.lines
        },
    )


def compared(card: Card, committed: CommittedCard, name: str) -> Card:
    """The card with what got worse written into its lines."""
    lines = tuple(
        msgspec.structs.replace(line, regressions=tuple(regressions(line, before, committed.tolerance)))
        if (before := committed.experiments.get(line.name))
        else line
        for line in card.lines
    )
    return msgspec.structs.replace(card, lines=lines, compared_with=name)


def regressions(line: Line, before: Committed, tolerance: Tolerance) -> list[str]:
    """What got worse about one experiment, in sentences."""
    found = []
    if before.verdict is Verdict.HOLDS and line.verdict is not Verdict.HOLDS:
        found.append(f"it is {line.verdict}, and held when the card was committed")
    for what, was_s, is_s in (
        ("back at its steady state", before.back_s, line.back_s),
        ("everybody had resumed", before.resumed_s, line.resumed_s),
    ):
        if was_s is None or line.late_ms > tolerance.late_ms_max:
            continue
        bound_s = max(tolerance.time_floor_s, tolerance.time_factor * was_s)
        if is_s is None:
            found.append(f"{what} was not seen at all, and took {was_s:g} s")
        elif is_s > bound_s:
            found.append(f"{what} after {is_s:.1f} s; it took {was_s:g} s, and more than {bound_s:g} s is worse")
    least = tolerance.traces_complete_min
    if (before.traces_complete or 0) >= least and line.traces_complete is not None and line.traces_complete < least:
        found.append(f"{line.traces_complete:.2%} of the traces are whole; at least {least:.1%} were")
    return found


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def committed_at(path: Path) -> CommittedCard | None:
    """The committed card, if there is one.

    Raises:
        StackError: the file is no such card.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=CommittedCard)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise StackError(
            f"{path} is no committed card ({error}); write it anew with `veigo chaos report --commit`"
        ) from error
