"""A fault is something broken on purpose. It proves that it was felt, and it always heals.

    async with underway(Kill("kafka"), site, history, heal_plan):
        ...  # kafka is dead, and somebody has felt it

What undoes a fault is data (``heal.py``), made before anything is broken: written down first, applied when the context
is left, however it is left, and applied by ``veigo chaos heal`` when the harness itself did not survive. That is what
``underway.py`` sees to; a fault only says what it breaks, how one sees it, and what undoes it.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from veigo.faults.heal import HealStep
from veigo.faults.site import Site


class Fault(ABC):
    """Something that can be broken."""

    # What it stands for in the world, and what it does not: "a process dies; the machine keeps its page cache".
    model: ClassVar[str]
    # Whether nothing can mend it but a repair: then an alarm is owed, which names the gap.
    unrecoverable: ClassVar[bool] = False
    # Whether it can only be injected where proxies stand in the edges: ``veigo up --proxied``.
    needs_proxies: ClassVar[bool] = False

    @property
    @abstractmethod
    def name(self) -> str:
        """What happens, in a few words: "kill kafka"."""

    @property
    @abstractmethod
    def nodes(self) -> tuple[str, ...]:
        """The nodes it happens to, the first of them the one it is about."""

    @property
    def unavailable(self) -> tuple[str, ...]:
        """The nodes that answer nobody's question from when it is felt until its healing begins; most leave none so."""
        return ()

    @abstractmethod
    def heals(self) -> tuple[HealStep, ...]:
        """What undoes it, in order."""

    @abstractmethod
    async def inject(self, site: Site) -> None:
        """Break it.

        Raises:
            StackError: it could not be broken.
        """

    @abstractmethod
    async def felt(self, site: Site) -> str:
        """Wait, within a bound, for evidence from outside the fault that it took effect, and say what it was.

        Raises:
            StackError: nobody felt anything, so whatever the run shows proves nothing.
        """
