"""Faults drawn by lot, one after the other: each is felt, left alone for a while and healed before the next."""

import asyncio
import random
from typing import ClassVar

from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.lots import LOTS, NODES
from veigo.faults.site import Site

HELD_S_MAX = 3.0


class Mix(Fault):
    """So many faults in a row; the same seed draws the same faults and the same times."""

    model: ClassVar = "processes die, stand still and restart, connections and connectors go, one at a time"

    def __init__(self, seed: int, count: int = 4) -> None:
        self.seed = seed
        rng = random.Random(seed)  # noqa: S311 - not a secret
        self.faults = [rng.choice(LOTS)(rng.choice(NODES)) for _ in range(count)]
        self.held_s = [round(rng.uniform(0, HELD_S_MAX), 1) for _ in self.faults]
        self._felt: list[str] = []

    @property
    def name(self) -> str:
        """What happens, in order."""
        return f"mix {self.seed}: {', '.join(fault.name for fault in self.faults)}"

    @property
    def nodes(self) -> tuple[str, ...]:
        """All the nodes, each once."""
        return tuple(dict.fromkeys(node for fault in self.faults for node in fault.nodes))

    def heals(self) -> tuple[HealStep, ...]:
        """What heals each."""
        return tuple(step for fault in self.faults for step in fault.heals())

    async def inject(self, site: Site) -> None:
        """Break and mend, again and again."""
        for fault, held_s in zip(self.faults, self.held_s, strict=True):
            await fault.inject(site)
            self._felt.append(await fault.felt(site))
            await asyncio.sleep(held_s)
            for step in fault.heals():
                await site.apply(step)
            await site.until_healthy()

    async def felt(self, site: Site) -> str:
        """Each was felt when it was its turn."""
        del site
        return "; ".join(self._felt)
