"""Several things break at once, or what a seed draws of them: trouble seldom comes alone."""

import random
from collections.abc import Callable
from typing import ClassVar

from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site


class Together(Fault):
    """Faults injected one right after the other, and healed together."""

    model: ClassVar = "several parts fail while the others are still broken"

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        self.unrecoverable = any(fault.unrecoverable for fault in faults)  # type: ignore[misc]
        self.needs_proxies = any(fault.needs_proxies for fault in faults)  # type: ignore[misc]

    @property
    def name(self) -> str:
        """What happens."""
        return " and ".join(fault.name for fault in self.faults)

    @property
    def nodes(self) -> tuple[str, ...]:
        """All nodes it happens to."""
        return tuple(dict.fromkeys(node for fault in self.faults for node in fault.nodes))

    @property
    def unavailable(self) -> tuple[str, ...]:
        """What any of them makes unavailable."""
        return tuple(dict.fromkeys(node for fault in self.faults for node in fault.unavailable))

    def heals(self) -> tuple[HealStep, ...]:
        """What undoes each, the last one first."""
        return tuple(step for fault in reversed(self.faults) for step in fault.heals())

    async def inject(self, site: Site) -> None:
        """Break one after the other."""
        for fault in self.faults:
            await fault.inject(site)

    async def felt(self, site: Site) -> str:
        """Each was felt."""
        return "; ".join([await fault.felt(site) for fault in self.faults])


def drawn(*faults: Fault, at_once: int = 2) -> Callable[[random.Random], Fault]:
    """Let every seed draw so many of these faults, of which no two happen to the same node."""

    def draw(rng: random.Random) -> Fault:
        chosen: list[Fault] = []
        for fault in rng.sample(faults, len(faults)):
            if len(chosen) < at_once and not {node for one in chosen for node in one.nodes} & set(fault.nodes):
                chosen.append(fault)
        return Together(*chosen)

    return draw
