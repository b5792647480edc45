"""Did everything that was committed reach Kafka? Whatever lost it, and whether or not anything else looks broken. Pure.

An event that is in PostgreSQL and not in Kafka is on its way. It is missing when a heartbeat that was written after it
was seen has come through: the topic went on past it. That has to show twice, since two partitions of a topic may be
written a moment apart.
"""

from collections.abc import Collection, Iterable

from stack.capture_tail import Event

SUSPECTS_MAX = 100_000  # further ones are looked at when these are settled


class Audit:
    """What is on its way, and since when."""

    def __init__(self) -> None:
        self._seen_us: dict[Event, int] = {}
        self._told: set[Event] = set()
        self._heartbeat_us = 0

    def missing(
        self, committed: Iterable[Event], now_us: int, captured: Collection[Event], heartbeat_us: int
    ) -> list[Event]:
        """Events that never came, each told once.

        Args:
            committed: events that PostgreSQL showed.
            now_us: PostgreSQL's clock when it showed them.
            captured: events in Kafka, read after that.
            heartbeat_us: when the newest heartbeat in Kafka was committed.
        """
        for event in [each for each in self._seen_us if each in captured]:
            del self._seen_us[event]
            self._told.discard(event)
        late = (event for event, seen_us in self._seen_us.items() if seen_us < self._heartbeat_us)
        missing = [event for event in late if event not in self._told]
        self._told.update(missing)
        for event in committed:
            if event not in captured and len(self._seen_us) < SUSPECTS_MAX:
                self._seen_us.setdefault(event, now_us)
        self._heartbeat_us = heartbeat_us
        return missing
