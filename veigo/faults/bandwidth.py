"""An edge is narrow: it carries so many kilobytes a second and no more."""

from typing import ClassVar

from veigo.faults import evidence
from veigo.faults.edge_fault import EdgeFault
from veigo.faults.site import Site

# One request is a few hundred bytes, and at this rate it is seen to be slower.
KB_PER_S_MAX = 8


class Bandwidth(EdgeFault):
    """Lets so many kilobytes a second through an edge, each way."""

    model: ClassVar = "a link is narrower than what is sent over it; nothing is lost, everything queues"

    def __init__(self, source: str, target: str, kb_per_s: int = 1) -> None:
        super().__init__(source, target)
        if not 1 <= kb_per_s <= KB_PER_S_MAX:
            raise ValueError(f"{kb_per_s} KB/s would not be felt; take 1 to {KB_PER_S_MAX}")
        self.kb_per_s = kb_per_s
        self._before_s = 0.0

    @property
    def name(self) -> str:
        """What happens."""
        return f"narrow {self.source} to {self.target} to {self.kb_per_s} KB/s"

    async def inject(self, site: Site) -> None:
        """See how long a request takes, and narrow both directions."""
        self._before_s = await site.round_trip(self.source, self.target)
        await self.poison(site, "bandwidth", rate=self.kb_per_s)

    async def felt(self, site: Site) -> str:
        """A request over the edge takes several times as long as before."""
        return await evidence.edge_takes(site, self.source, self.target, 3 * self._before_s)
