"""A node gets a fraction of a processor, as beside a neighbour that takes the rest."""

import time
from typing import ClassVar

from veigo.faults import evidence
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site

PROBES = 5
SLOWER_AT_LEAST = 2.0  # times what a probe took before


class Throttle(Fault):
    """Holds a container to so much processor time; only for a stack in containers."""

    model: ClassVar = "a node's processor time is capped far below what it needs; memory, disk and network are not"

    def __init__(self, node: str, cpus: float = 0.02) -> None:
        self.node = node
        self.cpus = cpus
        self._before_s = 0.0

    @property
    def name(self) -> str:
        """What happens."""
        return f"throttle {self.node} to {self.cpus:g} processors"

    @property
    def nodes(self) -> tuple[str, ...]:
        """The node that gets less."""
        return (self.node,)

    def heals(self) -> tuple[HealStep, ...]:
        """It gets what it had; when it has ended meanwhile, it is started."""
        return (HealStep("unthrottle", self.node), HealStep("start", self.node))

    async def inject(self, site: Site) -> None:
        """See how fast it answers, and take most of its time away."""
        self._before_s = await _probes_s(site, self.node)
        await site.throttle(self.node, self.cpus)

    async def felt(self, site: Site) -> str:
        """It answers much later than before, or not at all."""

        async def look() -> str:
            if said := await evidence.unanswered(site, self.node):
                return f"a client was told: {said}"
            took_s = await _probes_s(site, self.node)
            slower = took_s > SLOWER_AT_LEAST * self._before_s
            return f"{PROBES} answers took {took_s:.3f} s, before it was {self._before_s:.3f} s" if slower else ""

        return await evidence.seen(look, f"{self.node} answers as fast as before")


async def _probes_s(site: Site, node: str) -> float:
    """Seconds for some answers in a row."""
    began = time.monotonic()
    for _ in range(PROBES):
        await site.probe(node)
    return time.monotonic() - began
