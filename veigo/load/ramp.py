"""A load that rises in steps, looked at afterwards: its steps, their knee, and up to when all was well. Pure."""

from typing import TYPE_CHECKING

from veigo.checkers.ledger import Ledger
from veigo.load.knee import Knee, Step, knee
from veigo.load.steps import Tally

if TYPE_CHECKING:
    from veigo.history import Record

ROUNDED_S = 0.01
STEPS = "steps"  # among a run's parameters: in how many equal steps its load rises


def steps_of(ledger: Ledger) -> list[Step]:
    """The steps that a run has been through; none when its load does not rise."""
    began, ended = ledger.marks.get("talk_started"), ledger.marks.get("talk_ended")
    ends_s = _ends_s(ledger)
    if began is None or ended is None or not ends_s:
        return []
    tally = Tally()
    records: tuple[Record, ...] = (*ledger.operations, *ledger.deliveries, *ledger.generators)
    for record in records:
        tally.note(record)
    lasted_s = (ended.at_ns - began.at_ns) / 1e9
    # The last one may have been cut short: all that could be learnt was known.
    return tally.steps(began.at_ns, [end_s for end_s in ends_s if end_s <= lasted_s + ROUNDED_S])


def knee_of(ledger: Ledger) -> Knee | None:
    """Where the stack broke; None when the load does not rise."""
    return knee(steps_of(ledger)) if _ends_s(ledger) else None


def held_until_ns(ledger: Ledger) -> int | None:
    """When the last step before the first broken one was over; None when the load does not rise, or none broke."""
    steps = steps_of(ledger)
    found = knee(steps)
    if found.broken is None:
        return None
    last = steps.index(found.broken) - 1
    return ledger.marks["talk_started"].at_ns + round(([0.0, *_ends_s(ledger)][last + 1]) * 1e9)


def _ends_s(ledger: Ledger) -> list[float]:
    parameters = ledger.run.parameters if ledger.run else {}
    if STEPS not in parameters:
        return []
    steps, seconds = int(parameters[STEPS]), float(parameters["minutes"]) * 60
    return [seconds * (number + 1) / steps for number in range(steps)]
