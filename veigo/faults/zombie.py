"""Kafka Connect stands still for longer than its session: its group gives it up, and it wakes up unaware."""

from typing import ClassVar

from veigo.faults import evidence
from veigo.faults.pause import Pause
from veigo.faults.site import Site

FORGOTTEN_WITHIN_S = 30.0


class Zombie(Pause):
    """Pauses Connect, and counts as felt only when its group has no member any more."""

    model: ClassVar = "a worker gets no processor time (SIGSTOP) for longer than its session lasts, and then goes on"

    def __init__(self) -> None:
        super().__init__("connect")

    @property
    def name(self) -> str:
        """What happens."""
        return "pause connect past its session"

    async def felt(self, site: Site) -> str:
        """Kafka has nobody in Connect's group."""

        async def look() -> str:
            return "" if await site.workers() else "Kafka has no member in Connect's group any more"

        return await evidence.seen(look, "connect is still a member of its group", FORGOTTEN_WITHIN_S)
