"""A node runs out of something the system gives: file descriptors or memory."""

from typing import ClassVar

from veigo.faults import evidence
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Resource, Site


class Starved(Fault):
    """Takes a resource from a running node: it keeps what it has, and gets no more than ``spare``."""

    model: ClassVar = "a process meets a limit of the system (prlimit): calls fail that hardly ever fail"

    def __init__(self, node: str, resource: Resource = Resource.FILES, spare: int = 1) -> None:
        self.node, self.resource, self.spare = node, resource, spare

    @property
    def name(self) -> str:
        """What happens."""
        return f"starve {self.node} of {self.resource}"

    @property
    def nodes(self) -> tuple[str, ...]:
        """Who starves."""
        return (self.node,)

    def heals(self) -> tuple[HealStep, ...]:
        """It gets what it asks for; when it has ended of it, it is started."""
        return (HealStep("unlimit", self.node), HealStep("start", self.node))

    async def inject(self, site: Site) -> None:
        """Lower the limit."""
        await site.limit(self.node, self.resource, self.spare)

    async def felt(self, site: Site) -> str:
        """A new client is not served."""

        async def look() -> str:
            said = await evidence.unanswered(site, self.node)
            return f"a new client of {self.node} was told: {said}" if said else ""

        return await evidence.seen(look, f"{self.node} goes on serving new clients")
