"""What came of the messages that were sent, for Prometheus: counted from the gateway's spans when they come."""

from collections.abc import Iterable

from spans.packed import Report
from spans.told import Told, TracePart
from veigo.telemetry.measurements import Series

NODE = "collector"
SEND = "mutation CreateMessage"
OUTCOMES = ("ok", "refused", "failed")
# What the caller may correct; anything else, and what has no code, is ours.
REFUSALS = frozenset(
    {
        "UNAUTHENTICATED",
        "FORBIDDEN",
        "NOT_FOUND",
        "INVALID_ARGUMENT",
        "ALREADY_EXISTS",
        "ABORTED",
        "RESOURCE_EXHAUSTED",
    }
)


class Sends:
    """Counts since it was made."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(OUTCOMES, 0)

    def take(self, told: Iterable[Report]) -> None:
        """Count those in that are sends: the gateway's span is around all others there."""
        for one in told:
            if isinstance(one, TracePart) and one.spans[-1].name == SEND:
                self._counts[outcome_of(one.spans[-1])] += 1

    def told(self, at_us: int) -> list[tuple[str, str, Series]]:
        """Every series as it is now: node, metric and series."""
        about = "Messages that were sent, by what came of it."
        return [
            (NODE, "veigo.message.sends", Series("counter", "", about, {"outcome": outcome}, at_us, n))
            for outcome, n in self._counts.items()
        ]


def outcome_of(told: Told) -> str:
    """What came of a send."""
    if told.ok:
        return "ok"
    return "refused" if told.attributes.get("error.type") in REFUSALS else "failed"
