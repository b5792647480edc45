"""Did everything that was committed reach Kafka? Whatever lost it, and whether or not anything else looks broken. Pure.

An event that is in PostgreSQL and not in Kafka is on its way, for as long as that takes. It is missing when Connect has
stored a position beyond it: Connect stores one only when Kafka has everything up to there. (That a later record is in
Kafka says less: under a flood one partition may be written seconds after another.)
"""

from collections.abc import Collection, Iterable

from stack.capture_tail import Event

SUSPECTS_MAX = 100_000  # further ones are looked at when these are settled


class Audit:
    """What is on its way, and up to where PostgreSQL's log went when it was seen."""

    def __init__(self) -> None:
        self._seen_lsn: dict[Event, int] = {}
        self._told: set[Event] = set()

    def missing(
        self, committed: Iterable[Event], log_end_lsn: int, captured: Collection[Event], stored_lsn: int
    ) -> list[Event]:
        """Events that never came, each told once.

        Args:
            committed: events that PostgreSQL showed.
            log_end_lsn: where its log ended afterwards, so that their commits are before it.
            captured: events in Kafka, read after `stored_lsn` was known.
            stored_lsn: the place up to which Kafka has everything, as Connect says.
        """
        for event in [each for each in self._seen_lsn if each in captured]:
            del self._seen_lsn[event]
            self._told.discard(event)
        passed = (event for event, seen_lsn in self._seen_lsn.items() if seen_lsn <= stored_lsn)
        missing = [event for event in passed if event not in self._told]
        self._told.update(missing)
        for event in committed:
            if event not in captured and len(self._seen_lsn) < SUSPECTS_MAX:
                self._seen_lsn.setdefault(event, log_end_lsn)
        return missing
