"""Open Policy Agent comes up empty, and nobody is there to fill it: everything has to be denied meanwhile."""

from typing import ClassVar

from veigo.faults import evidence
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site

MARKER = "/v1/data/aggregated/marker"


class OpaEmptied(Fault):
    """Pauses the aggregator, which would fill OPA at once, and restarts OPA, which keeps its data in memory only."""

    model: ClassVar = "OPA restarts while what feeds it is away: it answers, and knows nobody"

    def __init__(self, *feeders: str) -> None:
        self.feeders = feeders or ("aggregator",)

    @property
    def name(self) -> str:
        """What happens."""
        return "empty opa"

    @property
    def nodes(self) -> tuple[str, ...]:
        """Who is empty, and who would fill it."""
        return ("opa", *self.feeders)

    @property
    def unavailable(self) -> tuple[str, ...]:
        """OPA has nothing to decide by, and what feeds it stands still."""
        return self.nodes

    def heals(self) -> tuple[HealStep, ...]:
        """OPA runs, and what feeds it goes on."""
        feeders = [HealStep(do, node) for node in self.feeders for do in ("go_on", "start")]
        return (HealStep("start", "opa"), *feeders)

    async def inject(self, site: Site) -> None:
        """Pause the one and restart the other."""
        for node in self.feeders:
            await site.pause(node)
        await site.kill("opa")
        await site.start("opa")

    async def felt(self, site: Site) -> str:
        """It answers, and has no data."""

        async def look() -> str:
            said = await site.rest("opa", "GET", MARKER)
            return "" if "result" in said else f"opa answers {said} where its data should be"

        return await evidence.seen(look, "opa has its data")
