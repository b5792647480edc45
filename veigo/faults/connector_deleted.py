"""A connector is deleted from Connect, and made again later; what it left in Connect is how far it was."""

from typing import ClassVar

from veigo.faults import capture, evidence
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site


class ConnectorDeleted(Fault):
    """Deletes a connector; healing makes it again."""

    model: ClassVar = "somebody deletes a connector; slot, publication and stored position stay"

    def __init__(self, connector: str = "chat") -> None:
        self.connector = connector

    @property
    def name(self) -> str:
        """What happens."""
        return f"delete connector {self.connector}"

    @property
    def nodes(self) -> tuple[str, ...]:
        """Where it is deleted."""
        return ("connect",)

    def heals(self) -> tuple[HealStep, ...]:
        """It is made again."""
        return (HealStep("capture", self.connector),)

    async def inject(self, site: Site) -> None:
        """Delete it."""
        await capture.ask(site, "DELETE", self.connector)

    async def felt(self, site: Site) -> str:
        """Connect does not know it, and nobody reads its slot."""

        async def look() -> str:
            known = await capture.slot(site, self.connector)
            listed = self.connector in await site.rest("connect", "GET", "/connectors")
            idle = known is not None and known["active_pid"] is None
            return f"Connect has no {self.connector}, and nobody reads its slot" if idle and not listed else ""

        return await evidence.seen(look, f"connector {self.connector} is still there")
