"""The broker that leads a partition is killed: another one has to take over, with all that counted as written."""

from typing import ClassVar

from veigo.faults import evidence
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site

BROKERS = ("kafka", "kafka-2", "kafka-3")


class KillLeader(Fault):
    """Kills the leader of a topic's partition; it stays dead until it is healed."""

    model: ClassVar = "one of three brokers dies by SIGKILL; the other two have all that was acknowledged"

    def __init__(self, topic: str = "chat.public.room_events", partition: int = 0) -> None:
        self.topic, self.partition = topic, partition
        self._leader = ""

    @property
    def name(self) -> str:
        """What happens."""
        return f"kill the leader of {self.topic}/{self.partition}"

    @property
    def nodes(self) -> tuple[str, ...]:
        """The brokers; which of them it is shows when it happens."""
        return BROKERS

    def heals(self) -> tuple[HealStep, ...]:
        """All brokers run."""
        return tuple(HealStep("start", broker) for broker in BROKERS)

    async def inject(self, site: Site) -> None:
        """Find it, and kill it."""
        self._leader = await site.leader(self.topic, self.partition)
        await site.kill(self._leader)

    async def felt(self, site: Site) -> str:
        """Another broker leads."""

        async def look() -> str:
            leader = await site.leader(self.topic, self.partition)
            return "" if leader == self._leader else f"{self._leader} led, and {leader} leads"

        return await evidence.seen(look, f"{self._leader} still leads {self.topic}/{self.partition}")
