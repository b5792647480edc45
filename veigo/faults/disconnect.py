"""A node is taken out of the network: it runs on, and nobody reaches it or is reached by it."""

from typing import ClassVar

from veigo.faults import evidence
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site


class Disconnect(Fault):
    """Cuts a container off from all others until it is healed; only for a stack in containers."""

    model: ClassVar = "a machine loses its network, both ways at once, and gets it back under another address"

    def __init__(self, node: str) -> None:
        self.node = node

    @property
    def name(self) -> str:
        """What happens."""
        return f"disconnect {self.node}"

    @property
    def nodes(self) -> tuple[str, ...]:
        """The node that is cut off."""
        return (self.node,)

    def heals(self) -> tuple[HealStep, ...]:
        """It is back in the network; when it has ended meanwhile, it is started."""
        return (HealStep("connect", self.node), HealStep("start", self.node))

    async def inject(self, site: Site) -> None:
        """Pull the plug."""
        await site.disconnect(self.node)

    async def felt(self, site: Site) -> str:
        """It runs, and a client of it gets no answer."""
        return await evidence.out_of_reach(site, self.node)
