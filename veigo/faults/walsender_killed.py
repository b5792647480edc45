"""The process of PostgreSQL that sends its log to Debezium is ended; Debezium has to come back for the rest."""

from typing import ClassVar

from veigo.faults import capture, evidence
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site

TERMINATE = "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active"


class WalsenderKilled(Fault):
    """Ends the replication connection of a connector."""

    model: ClassVar = "a replication connection breaks at PostgreSQL's end; the slot and its log stay"

    def __init__(self, connector: str = "chat") -> None:
        self.connector = connector
        self._before: int | None = None

    @property
    def name(self) -> str:
        """What happens."""
        return f"kill the walsender of {self.connector}"

    @property
    def nodes(self) -> tuple[str, ...]:
        """Who sends, and who is sent to."""
        return ("postgres", "connect")

    def heals(self) -> tuple[HealStep, ...]:
        """It comes back by itself, or is made to."""
        return (HealStep("capture", self.connector),)

    async def inject(self, site: Site) -> None:
        """End it."""
        self._before = await capture.reader(site, self.connector)
        await site.sql("postgres", TERMINATE, capture.slot_of(self.connector))

    async def felt(self, site: Site) -> str:
        """The slot is read by nobody, or by another connection."""

        async def look() -> str:
            now = await capture.reader(site, self.connector)
            return "" if now == self._before else f"the slot was read by process {self._before} and is by {now}"

        return await evidence.seen(look, "the same walsender still sends")
