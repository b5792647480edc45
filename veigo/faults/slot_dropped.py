"""A replication slot is dropped, and with it everything that was committed and not captured yet."""

from typing import ClassVar

from veigo.faults import capture
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site

# In one transaction, since whoever reads the slot comes back within half a second.
DROP = """
DO $$ BEGIN
    FOR attempt IN 1..500 LOOP
        BEGIN
            PERFORM pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '{slot}' AND active;
            PERFORM pg_drop_replication_slot('{slot}');
            RETURN;
        EXCEPTION WHEN object_in_use THEN PERFORM pg_sleep(0.01);
        END;
    END LOOP;
    RAISE 'slot {slot} stayed in use';
END $$"""


class SlotDropped(Fault):
    """Drops the slot of a connector under it."""

    model: ClassVar = "somebody drops a replication slot in use: what was not captured yet is in no log any more"
    unrecoverable: ClassVar = True

    def __init__(self, connector: str = "chat") -> None:
        self.connector = connector

    @property
    def name(self) -> str:
        """What happens."""
        return f"drop the slot of {self.connector}"

    @property
    def nodes(self) -> tuple[str, ...]:
        """Where the slot is, and who reads it."""
        return ("postgres", "connect")

    def heals(self) -> tuple[HealStep, ...]:
        """Only a repair mends it."""
        return (HealStep("repair", self.connector),)

    async def inject(self, site: Site) -> None:
        """End whoever reads it, and drop it before they are back."""
        await site.sql("postgres", DROP.format(slot=capture.slot_of(self.connector)))

    async def felt(self, site: Site) -> str:
        """The connector fails, or has no slot to read."""
        return await capture.broken(site, self.connector)
