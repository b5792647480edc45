"""PostgreSQL is stopped at once, without a checkpoint: at its next start it recovers from its log."""

from typing import ClassVar

from veigo.faults import evidence
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site

NODE = "postgres"


class ImmediateStop(Fault):
    """Stops PostgreSQL in its immediate mode; it stays down until it is healed."""

    model: ClassVar = "PostgreSQL is shut down in immediate mode (SIGQUIT): connections are cut, nothing is flushed"

    @property
    def name(self) -> str:
        """What happens."""
        return "stop postgres immediately"

    @property
    def nodes(self) -> tuple[str, ...]:
        """PostgreSQL."""
        return (NODE,)

    @property
    def unavailable(self) -> tuple[str, ...]:
        """PostgreSQL."""
        return self.nodes

    def heals(self) -> tuple[HealStep, ...]:
        """It is started, and recovers."""
        return (HealStep("start", NODE),)

    async def inject(self, site: Site) -> None:
        """Stop it, and wait until it has."""
        await site.stop(NODE, "SIGQUIT")

    async def felt(self, site: Site) -> str:
        """Its clients are refused."""
        return await evidence.refuses(site, NODE)
