"""A node stands still: it gets no processor time, while its connections stay open and its clients wait."""

from typing import ClassVar

from veigo.faults import evidence
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site


class Pause(Fault):
    """Pauses a node until it is healed; past its session it wakes up as a zombie that believes it still is a member."""

    model: ClassVar = "a process gets no processor time (SIGSTOP), as a virtual machine that is moved"

    def __init__(self, node: str) -> None:
        self.node = node

    @property
    def name(self) -> str:
        """What happens."""
        return f"pause {self.node}"

    @property
    def nodes(self) -> tuple[str, ...]:
        """The node that stands still."""
        return (self.node,)

    @property
    def unavailable(self) -> tuple[str, ...]:
        """That node: it hears nothing."""
        return self.nodes

    def heals(self) -> tuple[HealStep, ...]:
        """It goes on; when it has ended meanwhile, it is started."""
        return (HealStep("go_on", self.node), HealStep("start", self.node))

    async def inject(self, site: Site) -> None:
        """Stop the clock for it."""
        await site.pause(self.node)

    async def felt(self, site: Site) -> str:
        """A client of it waits in vain."""
        return await evidence.hangs(site, self.node)
