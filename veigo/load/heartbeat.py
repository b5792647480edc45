"""A process's watch on itself: a heartbeat that comes late says that everything else does too."""

from collections.abc import Callable

import gevent

from veigo.history import GeneratorSecond, now
from veigo.load.keeping_up import BEAT_EVERY_S, blocked_ms


class Heartbeat:
    """Beats for ever, and tells of every second."""

    def __init__(
        self,
        people: Callable[[], int],
        unanswered: Callable[[], int],
        tell: Callable[[GeneratorSecond], None],
        tolerated_ms: float,
    ) -> None:
        self._tolerated_ms = tolerated_ms
        self._people = people
        self._unanswered = unanswered
        self._tell = tell
        self._overdue_ms_max = 0.0
        self._warning: str | None = None

    def began(self, intended_ns: int) -> None:
        """Take note of an act that begins now, and was to begin then."""
        self._overdue_ms_max = max(self._overdue_ms_max, (now()[0] - intended_ns) / 1e6)

    def warned(self, warning: str) -> None:
        """Take note of a warning of Locust's."""
        self._warning = warning

    def beat(self) -> None:
        """Beat until killed."""
        while True:
            began_ns, _ = now()
            late_ms_max = blocked = 0.0
            at_ns = began_ns
            while at_ns - began_ns < 1e9:
                due_ns = at_ns + BEAT_EVERY_S * 1e9
                gevent.sleep(BEAT_EVERY_S)
                at_ns, at_us = now()
                late_ms = (at_ns - due_ns) / 1e6
                late_ms_max = max(late_ms_max, late_ms)
                blocked += blocked_ms(late_ms, self._tolerated_ms)
            second = GeneratorSecond(
                process="",  # the director numbers us
                at_ns=at_ns,
                at_us=at_us,
                people=self._people(),
                seconds=(at_ns - began_ns) / 1e9,
                late_ms_max=late_ms_max,
                tolerated_ms=self._tolerated_ms,
                blocked_ms=blocked,
                overdue_ms_max=self._overdue_ms_max,
                unanswered=self._unanswered(),
                warning=self._warning,
            )
            self._overdue_ms_max, self._warning = 0.0, None
            self._tell(second)
