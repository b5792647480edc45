"""From when to when something was broken, put together from the events a fault leaves in a history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from veigo.history import FaultEvent, FaultStage


@dataclass(slots=True)
class FaultWindow:
    """One fault, from its injection to its healing; times by the monotonic clock, None where it did not come so far."""

    fault: str
    nodes: list[str]
    injected_ns: int
    felt_ns: int | None = None
    # From here on what was broken may work again; at `healed_ns` it does.
    healing_ns: int | None = None
    healed_ns: int | None = None
    # The evidence that it was felt.
    felt_by: str | None = None
    # Which nodes answer nobody meanwhile.
    unavailable: Sequence[str] = ()

    def covers(self, at_ns: int) -> bool:
        """Whether a moment lies between the injection and the healing."""
        return self.injected_ns <= at_ns and (self.healed_ns is None or at_ns <= self.healed_ns)

    def surely_covers(self, begin_ns: int, end_ns: int) -> bool:
        """Whether a stretch lies between when the fault was felt and when its healing began."""
        if self.felt_ns is None or begin_ns < self.felt_ns:
            return False
        ended_ns = self.healing_ns if self.healing_ns is not None else self.healed_ns
        return ended_ns is None or end_ns <= ended_ns


def windows_of(events: Iterable[FaultEvent]) -> list[FaultWindow]:
    """Put the stages of each fault together, in the order of their injections."""
    windows: list[FaultWindow] = []
    under_way: dict[str, FaultWindow] = {}
    for event in events:
        window = under_way.get(event.fault)
        if event.stage is FaultStage.INJECTED or window is None:
            window = under_way[event.fault] = FaultWindow(event.fault, event.nodes, event.at_ns)
            window.unavailable = event.unavailable
            windows.append(window)
        match event.stage:
            case FaultStage.FELT:
                window.felt_ns, window.felt_by = event.at_ns, event.detail
            case FaultStage.HEALING:
                window.healing_ns = event.at_ns
            case FaultStage.HEALED:
                window.healed_ns = event.at_ns
    return windows
