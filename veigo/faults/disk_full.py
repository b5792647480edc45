"""The disk under PostgreSQL is full: it cannot write its log any more, panics, and stays down until there is room."""

import contextlib
from typing import ClassVar

from veigo.faults import evidence
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Resource, Site

NODE = "postgres"
FILL = "SELECT pg_logical_emit_message(false, 'veigo', repeat('x', 1000000))"
FILLS_MAX = 40  # megabytes: more than two of the files its log is made of


class DiskFull(Fault):
    """Lets PostgreSQL write nothing beyond the first bytes of any file, which it treats as a full disk."""

    model: ClassVar = "writes fail as on a full disk, by a limit on file sizes (EFBIG where a real one says ENOSPC)"

    @property
    def name(self) -> str:
        """What happens."""
        return "fill the disk of postgres"

    @property
    def nodes(self) -> tuple[str, ...]:
        """PostgreSQL."""
        return (NODE,)

    def heals(self) -> tuple[HealStep, ...]:
        """There is room again, and it is started if it gave up."""
        return (HealStep("unlimit", NODE), HealStep("start", NODE))

    async def inject(self, site: Site) -> None:
        """Take the room away, and write until it is noticed."""
        await site.limit(NODE, Resource.DISK, 1)
        with contextlib.suppress(Exception):  # a panicking server has many ways to say so
            for _ in range(FILLS_MAX):
                await site.sql("postgres", FILL)

    async def felt(self, site: Site) -> str:
        """Its clients are turned away."""

        async def look() -> str:
            said = await evidence.unanswered(site, NODE)
            return f"a client of postgres was told: {said}" if said else ""

        return await evidence.seen(look, "postgres goes on answering")
