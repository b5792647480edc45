"""What all faults of one edge share: a proxy between two nodes, which does to their connections what it is told."""

from typing import ClassVar

from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site

BOTH_WAYS = ("upstream", "downstream")


class EdgeFault(Fault):
    """Something wrong with the way from one node to another, also for connections that are open already."""

    needs_proxies: ClassVar = True

    def __init__(self, source: str, target: str) -> None:
        self.source, self.target = source, target

    @property
    def nodes(self) -> tuple[str, ...]:
        """The node that dials, and the one that is dialled."""
        return (self.source, self.target)

    def heals(self) -> tuple[HealStep, ...]:
        """The edge carries everything again, at once."""
        return (HealStep("clear", self.source, {"to": self.target}),)

    async def poison(self, site: Site, kind: str, **amounts: int) -> None:
        """Tell the proxy what to do to both directions, in the terms of Toxiproxy."""
        for stream in BOTH_WAYS:
            await site.poison(self.source, self.target, kind, stream, amounts)
