"""Who was a member of which room at which place in its log, from the events that added and removed them."""

from bisect import bisect_left
from collections import defaultdict


class Memberships:
    """Comings and goings, by room and member, each with its sequence."""

    def __init__(self) -> None:
        self._events: dict[tuple[str, str], dict[int, bool]] = defaultdict(dict)
        self._ordered: dict[tuple[str, str], list[int]] = {}

    def note(self, room: str, member: str, sequence: int, *, added: bool) -> None:
        """Note that somebody came or went; that it is noted again, by another witness, changes nothing."""
        self._events[room, member][sequence] = added
        self._ordered.pop((room, member), None)

    def removals(self, room: str, member: str) -> list[int]:
        """The sequences at which somebody went, ascending."""
        return sorted(sequence for sequence, added in self._events.get((room, member), {}).items() if not added)

    def additions_before(self, room: str, member: str, sequence: int) -> int:
        """How often somebody had come before a sequence."""
        events = self._events.get((room, member), {})
        return sum(added and at < sequence for at, added in events.items())

    def at(self, room: str, member: str, sequence: int) -> bool | None:
        """Whether somebody was a member just before a sequence; None when nothing is known of them."""
        events = self._events.get((room, member))
        if events is None:
            return None
        if (room, member) not in self._ordered:
            self._ordered[room, member] = sorted(events)
        ordered = self._ordered[room, member]
        before = bisect_left(ordered, sequence)
        # Before the first event that is known they were what that event is not.
        return events[ordered[before - 1]] if before else not events[ordered[0]]
