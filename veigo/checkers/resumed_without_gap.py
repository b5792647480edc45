"""Whoever lost a socket and resumed on another missed nothing and read nothing twice.

Two things are asked. On one socket a room's events are dense: after the place it joined at comes the next sequence,
then the one after that. And the place a user's next socket joins at is the last one the socket before it was sent,
unless they had left the room, or were not members, in between. A RESET is a gap that was owned up to; in a run that
asked for no retention it is one all the same.
"""

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.ledger import Ledger, Subscription
from veigo.verdict import Finding

if TYPE_CHECKING:
    from veigo.history import Record


class ResumedWithoutGap(Checker):
    """The seams between one socket and the next are seamless."""

    promise = "Whoever resumed on another socket missed nothing and read nothing twice"
    anomaly = "poll skip: an event missing or repeated within a connection, or at the seam between two"

    def __init__(self, *, resumes_min: int = 1, resets_allowed: bool = False) -> None:
        self._resumes_min = resumes_min
        self._resets_allowed = resets_allowed

    def concerns(self, ledger: Ledger) -> bool:
        """Whether anybody resumed."""
        return any(_seams(ledger))

    def check(self, ledger: Ledger) -> Finding:
        """Follow every user through every room, socket by socket."""
        seams = _seams(ledger)
        wrong = [anomaly for subscription in ledger.subscriptions for anomaly in _holes(subscription)]
        wrong += [anomaly for before, after in seams if (anomaly := self._seam(before, after)) is not None]
        if wrong:
            return self.convicted(ledger, f"{len(wrong)} gaps or repetitions", wrong)
        if not seams and self._resumes_min:
            return self.inconclusive("nobody had to resume, so nothing was put to the test")
        if len(seams) < self._resumes_min:
            return self.inconclusive(f"only {len(seams)} of {self._resumes_min} rooms were resumed")
        return self.holds(f"{len(seams):,} times a room went on, on another socket, where it had stopped")

    def _seam(self, before: Subscription, after: Subscription) -> Anomaly | None:
        reached = before.reached
        last: Record = before.events[-1] if before.events else before.joined
        shown_by = (last, after.joined)
        if after.reset:
            reset = f"{after} was reset, after {reached} on socket {before.socket}"
            return None if self._resets_allowed else Anomaly(reset, shown_by)
        if after.after == reached:
            return None
        what = f"{after} began after {after.after}, though socket {before.socket} had ended at {reached}"
        return Anomaly(what, shown_by)


def _seams(ledger: Ledger) -> list[tuple[Subscription, Subscription]]:
    followed: dict[tuple[str, str], list[Subscription]] = defaultdict(list)
    for subscription in ledger.subscriptions:
        followed[subscription.user, subscription.room].append(subscription)
    return [
        (before, after)
        for each in followed.values()
        for before, after in pairwise(each)
        if ledger.goes_on(before, after)
    ]


def _holes(subscription: Subscription) -> list[Anomaly]:
    expected = subscription.after
    before: Record = subscription.joined
    holes = []
    for frame in subscription.events:
        if frame.sequence is None:
            continue
        expected += 1
        if frame.sequence != expected:
            what = f"{subscription}: {frame.sequence} came where {expected} was next"
            holes.append(Anomaly(what, (before, frame)))
            expected = frame.sequence
        before = frame
    return holes
