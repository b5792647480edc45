"""A slot falls further behind than PostgreSQL keeps its log for it: ``max_slot_wal_keep_size``."""

from typing import ClassVar

from veigo.faults import capture
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site

SEGMENTS = 4  # of 16 MB each, nearly empty: the log is switched, not filled
CAP = "max_slot_wal_keep_size"


class SlotLost(Fault):
    """Stops a connector, lets the log grow past a small cap, and lets the connector come back to nothing."""

    model: ClassVar = "a connector is away for so long that PostgreSQL gives up its slot, to save the disk"
    unrecoverable: ClassVar = True

    def __init__(self, connector: str = "chat") -> None:
        self.connector = connector

    @property
    def name(self) -> str:
        """What happens."""
        return f"let the slot of {self.connector} pass its cap"

    @property
    def nodes(self) -> tuple[str, ...]:
        """Where the slot is, and who reads it."""
        return ("postgres", "connect")

    def heals(self) -> tuple[HealStep, ...]:
        """The cap is what it was; only a repair mends the rest."""
        return (HealStep("setting", CAP), HealStep("repair", self.connector))

    async def inject(self, site: Site) -> None:
        """Grow the log, wait until the other slots have followed, and only then lower the cap for one checkpoint."""
        await capture.ask(site, "PUT", self.connector, "stop")
        for _ in range(SEGMENTS):
            await site.sql("postgres", "SELECT pg_logical_emit_message(false, 'veigo', 'grow')")
            await site.sql("postgres", "SELECT pg_switch_wal()")
        await capture.others_have_followed(site, self.connector)
        await site.sql("postgres", f"ALTER SYSTEM SET {CAP} = '16MB'")
        await site.sql("postgres", "SELECT pg_reload_conf()")
        await capture.lost(site, self.connector)
        await site.apply(HealStep("setting", CAP))
        await capture.ask(site, "PUT", self.connector, "resume")

    async def felt(self, site: Site) -> str:
        """PostgreSQL calls the slot lost, and the connector has nothing to read."""
        return await capture.broken(site, self.connector)
