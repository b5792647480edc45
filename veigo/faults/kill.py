"""A node is killed: SIGKILL, no last words, no draining."""

from typing import ClassVar

from veigo.faults import evidence
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site


class Kill(Fault):
    """Kills a node, which stays dead until it is healed; with ``restart`` it is started again at once."""

    model: ClassVar = "a process dies by SIGKILL; the machine keeps its power, and its page cache with what was written"

    def __init__(self, node: str, *, restart: bool = False) -> None:
        self.node, self.restart = node, restart
        self._killed = ""

    @property
    def name(self) -> str:
        """What happens."""
        return f"kill {self.node}{' and restart it at once' if self.restart else ''}"

    @property
    def nodes(self) -> tuple[str, ...]:
        """The node that is killed."""
        return (self.node,)

    @property
    def unavailable(self) -> tuple[str, ...]:
        """That node, unless it is back at once."""
        return () if self.restart else self.nodes

    def heals(self) -> tuple[HealStep, ...]:
        """It is started."""
        return (HealStep("start", self.node),)

    async def inject(self, site: Site) -> None:
        """Kill it, and start it if asked to."""
        self._killed = (await site.life(self.node)).identity
        await site.kill(self.node)
        if self.restart:
            await site.start(self.node)

    async def felt(self, site: Site) -> str:
        """Its clients are refused, or it is another process than the one that was killed."""
        if self.restart:
            return await evidence.is_another(site, self.node, self._killed)
        return await evidence.refuses(site, self.node)
