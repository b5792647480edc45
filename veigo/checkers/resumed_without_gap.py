"""Whoever lost a socket and resumed on another missed nothing and read nothing twice.

Two things are asked. On one socket a room's events are dense: after the place it joined at comes the next sequence,
then the one after that. And the place a user's next socket joins at is the last one the socket before it was sent. A
RESET is a gap that was owned up to; in a run that asked for no retention it is one all the same.
"""

from collections import defaultdict
from itertools import pairwise

from veigo.checkers.checker import Checker
from veigo.checkers.ledger import Ledger, Subscription
from veigo.verdict import Finding


class ResumedWithoutGap(Checker):
    """The seams between one socket and the next are seamless."""

    promise = "Whoever resumed on another socket missed nothing and read nothing twice"

    def check(self, ledger: Ledger) -> Finding:
        """Follow every user through every room, socket by socket."""
        followed: dict[tuple[str, str], list[Subscription]] = defaultdict(list)
        for subscription in ledger.subscriptions:
            followed[subscription.user, subscription.room].append(subscription)
        seams = [seam for each in followed.values() for seam in pairwise(each)]
        wrong = [line for subscription in ledger.subscriptions for line in _holes(subscription)]
        wrong += [line for before, after in seams for line in _seam(before, after)]
        if wrong:
            return self.violated(f"{len(wrong)} gaps or repetitions", wrong)
        if not seams:
            return self.inconclusive("nobody had to resume, so nothing was put to the test")
        return self.holds(f"{len(seams):,} times a room went on, on another socket, where it had stopped")


def _holes(subscription: Subscription) -> list[str]:
    expected = subscription.after
    holes = []
    for sequence in subscription.sequences:
        expected += 1
        if sequence != expected:
            holes.append(f"{subscription}: {sequence} came where {expected} was next")
            expected = sequence
    return holes


def _seam(before: Subscription, after: Subscription) -> list[str]:
    reached = max([before.after, *before.sequences])
    if after.reset:
        return [f"{after} was reset, after {reached} on socket {before.socket}"]
    if after.after != reached:
        return [f"{after} began after {after.after}, though socket {before.socket} had ended at {reached}"]
    return []
