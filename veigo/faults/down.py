"""A node is shut down in an orderly way and stays away: maintenance, or a deployment that went wrong."""

from typing import ClassVar

from veigo.faults import evidence
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site


class Down(Fault):
    """Stops a node gracefully; it stays down until it is healed."""

    model: ClassVar = "a process drains and ends in an orderly way, and is away for a while"

    def __init__(self, node: str) -> None:
        self.node = node

    @property
    def name(self) -> str:
        """What happens."""
        return f"take {self.node} down"

    @property
    def nodes(self) -> tuple[str, ...]:
        """The node that is away."""
        return (self.node,)

    @property
    def unavailable(self) -> tuple[str, ...]:
        """That node."""
        return self.nodes

    def heals(self) -> tuple[HealStep, ...]:
        """It is started."""
        return (HealStep("start", self.node),)

    async def inject(self, site: Site) -> None:
        """Ask it to end, and wait until it has."""
        await site.stop(self.node)

    async def felt(self, site: Site) -> str:
        """Its clients are refused."""
        return await evidence.refuses(site, self.node)
