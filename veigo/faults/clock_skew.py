"""A node's clock is wrong: it is restarted under libfaketime, which tells it another time of day."""

from typing import ClassVar

from veigo.faults import evidence
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site

SLACK_S = 5.0


class ClockSkew(Fault):
    """Sets a node's clock ahead by so many seconds, or back; its durations stay right."""

    model: ClassVar = "one machine's time of day is off by a constant; its monotonic clock is not (libfaketime)"

    def __init__(self, node: str, ahead_s: int) -> None:
        if abs(ahead_s) <= 2 * SLACK_S:
            raise ValueError(f"{ahead_s} s would not be told from none; take more than {2 * SLACK_S:g}, either way")
        self.node, self.ahead_s = node, ahead_s

    @property
    def name(self) -> str:
        """What happens."""
        return f"set the clock of {self.node} {'ahead' if self.ahead_s > 0 else 'back'} by {abs(self.ahead_s)} s"

    @property
    def nodes(self) -> tuple[str, ...]:
        """Whose clock it is."""
        return (self.node,)

    def heals(self) -> tuple[HealStep, ...]:
        """It is restarted with the right time."""
        return (HealStep("right_clock", self.node),)

    async def inject(self, site: Site) -> None:
        """Restart it with the wrong one."""
        await site.set_clock(self.node, self.ahead_s)

    async def felt(self, site: Site) -> str:
        """What it writes down bears another time than it was written at."""

        async def look() -> str:
            ahead_s = await site.clock_ahead_s(self.node)
            right = abs(ahead_s - self.ahead_s) > SLACK_S
            return "" if right else f"{self.node} wrote down a time that is {ahead_s:+.0f} s from ours"

        return await evidence.seen(look, f"{self.node} writes down the right time")
