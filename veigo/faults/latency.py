"""An edge is slow: whatever is sent over it arrives late, in both directions."""

from typing import ClassVar

from veigo.faults import evidence
from veigo.faults.edge_fault import EdgeFault
from veigo.faults.site import Site


class Latency(EdgeFault):
    """Delays everything on an edge by so many milliseconds each way, give or take the jitter."""

    model: ClassVar = "a network adds its latency to each direction of an edge; nothing is lost or reordered"

    def __init__(self, source: str, target: str, ms: int, jitter_ms: int = 0) -> None:
        super().__init__(source, target)
        self.ms, self.jitter_ms = ms, jitter_ms

    @property
    def name(self) -> str:
        """What happens."""
        return f"delay {self.source} and {self.target} by {self.ms} ms"

    async def inject(self, site: Site) -> None:
        """Delay both directions."""
        await self.poison(site, "latency", latency=self.ms, jitter=self.jitter_ms)

    async def felt(self, site: Site) -> str:
        """A request over the edge takes as long as one way, at the least."""
        return await evidence.edge_takes(site, self.source, self.target, (self.ms - self.jitter_ms) / 1_000)
