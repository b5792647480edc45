"""One node cannot reach another: nothing they send each other arrives, and neither is told."""

from typing import ClassVar

from veigo.faults import evidence
from veigo.faults.edge_fault import EdgeFault
from veigo.faults.site import Site


class Partition(EdgeFault):
    """Swallows everything on an edge; connections stay open, new ones are accepted and then silent."""

    model: ClassVar = "what two nodes send each other is lost, both ways; their connections end with it"

    @property
    def name(self) -> str:
        """What happens."""
        return f"partition {self.source} from {self.target}"

    async def inject(self, site: Site) -> None:
        """Hold back everything for ever."""
        await self.poison(site, "timeout", timeout=0)

    async def felt(self, site: Site) -> str:
        """A request over the edge is not answered."""
        return await evidence.edge_is_silent(site, self.source, self.target)
