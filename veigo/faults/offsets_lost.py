"""A connector's stored position is lost: Connect no longer knows how far it was."""

from typing import ClassVar

from veigo.faults import capture
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site


class OffsetsLost(Fault):
    """Deletes the position Connect keeps of a connector, which stays stopped until it is healed."""

    model: ClassVar = "Connect's offsets are lost, as when its topic is deleted; the slot still has its own"
    unrecoverable: ClassVar = True

    def __init__(self, connector: str = "chat") -> None:
        self.connector = connector

    @property
    def name(self) -> str:
        """What happens."""
        return f"lose the offsets of {self.connector}"

    @property
    def nodes(self) -> tuple[str, ...]:
        """Who forgets."""
        return ("connect",)

    def heals(self) -> tuple[HealStep, ...]:
        """It goes on where its slot is; only a repair says whether that is enough."""
        return (HealStep("repair", self.connector),)

    async def inject(self, site: Site) -> None:
        """Stop it, since Connect lets nobody touch the position of one that runs, and delete the position."""
        await capture.ask(site, "PUT", self.connector, "stop")
        await capture.ask(site, "DELETE", self.connector, "offsets")

    async def felt(self, site: Site) -> str:
        """Connect has no position to tell."""
        return await capture.forgotten(site, self.connector)
