"""Connections between two nodes are reset, the open ones and every new one."""

from typing import ClassVar

from veigo.faults import evidence
from veigo.faults.edge_fault import EdgeFault
from veigo.faults.site import Site


class Reset(EdgeFault):
    """Answers everything on an edge with a TCP reset."""

    model: ClassVar = "connections are reset by something in between, as when a firewall forgets them"

    @property
    def name(self) -> str:
        """What happens."""
        return f"reset connections from {self.source} to {self.target}"

    async def inject(self, site: Site) -> None:
        """Reset whatever is sent."""
        await self.poison(site, "reset_peer", timeout=0)

    async def felt(self, site: Site) -> str:
        """A request over the edge fails."""
        return await evidence.edge_fails(site, self.source, self.target)
