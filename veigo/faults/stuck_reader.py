"""A WebSocket client stops reading: what it does not take piles up, until the stack has to let go of it."""

from typing import ClassVar

from veigo.faults import evidence, snail
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site

TOO_SLOW = "4408"


class StuckReader(Fault):
    """Joins a room of its own, reads nothing more, and fills the room until realtime closes the socket."""

    model: ClassVar = "a client keeps its connection and stops reading, as a phone that fell asleep"

    def __init__(self) -> None:
        self._session = ""

    @property
    def name(self) -> str:
        """What happens."""
        return "stop reading a socket"

    @property
    def nodes(self) -> tuple[str, ...]:
        """Who has to let go."""
        return ("realtime", "gateway")

    def heals(self) -> tuple[HealStep, ...]:
        """There is nothing to undo: the socket ends with this."""
        return ()

    async def inject(self, site: Site) -> None:
        """Be a user who does not read, and have much to read."""

        async def is_closed(session: str) -> bool:
            return bool(await self._closed(site, session))

        self._session = await snail.fill(site.address("gateway"), is_closed)

    async def felt(self, site: Site) -> str:
        """Realtime says that it closed this session's socket as too slow."""

        async def look() -> str:
            said = await self._closed(site, self._session)
            return f"realtime wrote: {said}" if said else ""

        return await evidence.seen(look, "realtime holds on to a socket that nobody reads")

    async def _closed(self, site: Site, session: str) -> str:
        return await site.logged("realtime", "socket_closed", TOO_SLOW, session)
