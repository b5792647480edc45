"""Nodes are restarted, one after the other: each drains, ends, and is started again, as in a rolling update."""

from typing import ClassVar

from veigo.faults import evidence
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site


class Restart(Fault):
    """Restarts nodes gracefully, in the order given; each is ready again before the next one is asked to end."""

    model: ClassVar = "processes drain, end in an orderly way and are started again, one at a time"

    def __init__(self, node: str, *more: str) -> None:
        self._nodes = (node, *more)
        self._before: dict[str, str] = {}

    @property
    def name(self) -> str:
        """What happens."""
        return f"restart {', '.join(self._nodes)}"

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes that are restarted."""
        return self._nodes

    def heals(self) -> tuple[HealStep, ...]:
        """All of them are started."""
        return tuple(HealStep("start", node) for node in self._nodes)

    async def inject(self, site: Site) -> None:
        """Stop and start each."""
        for node in self._nodes:
            self._before[node] = (await site.life(node)).identity
            await site.stop(node)
            await site.start(node)

    async def felt(self, site: Site) -> str:
        """Each is another process than it was."""
        seen = [await evidence.is_another(site, node, before) for node, before in self._before.items()]
        return "; ".join(seen)
