"""A fault is something broken on purpose. It proves that it was felt, and it always heals.

    async with underway(Kill("kafka"), site, history, heal_plan):
        ...  # kafka is dead, and somebody has felt it

What undoes a fault is data, made before anything is broken: written down first, applied when the context is left,
however it is left, and applied by ``veigo chaos heal`` when the harness itself did not survive. So every step of it may
be applied twice, and when there is nothing to undo.
"""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import ClassVar, Protocol

import msgspec

from veigo.history import FaultEvent, FaultStage, History, now


class HealStep(msgspec.Struct, frozen=True):
    """One thing that undoes a part of a fault: ``HealStep("start", "kafka")``. Applying it again changes nothing."""

    do: str
    what: str
    how: dict[str, str] = {}


class Site(Protocol):
    """Where faults are injected: a stack of processes, or of containers."""

    async def apply(self, step: HealStep) -> None:
        """Undo a part of a fault; nothing happens when it is undone already.

        Raises:
            StackError: it cannot be undone, and what to do about it.
        """

    async def until_healthy(self) -> None:
        """Wait until every node is ready and every connector runs.

        Raises:
            StackError: something is still not well at the deadline.
        """


class HealPlan(Protocol):
    """Where the steps that undo the faults under way are kept, for whoever has to heal in the harness's place."""

    def add(self, steps: tuple[HealStep, ...]) -> None:
        """Write steps down; they are on disk when this returns."""

    def remove(self, steps: tuple[HealStep, ...]) -> None:
        """Strike out steps that were applied."""


class Fault(ABC):
    """Something that can be broken."""

    # What it stands for in the world, and what it does not: "a process dies; the machine keeps its page cache".
    model: ClassVar[str]
    # Whether nothing can mend it but a repair: then an alarm is owed, which names the gap.
    unrecoverable: ClassVar[bool] = False

    @property
    @abstractmethod
    def name(self) -> str:
        """What happens, in a few words: "kill kafka"."""

    @property
    @abstractmethod
    def nodes(self) -> tuple[str, ...]:
        """The nodes it happens to, the first of them the one it is about."""

    @abstractmethod
    def heals(self) -> tuple[HealStep, ...]:
        """What undoes it, in order."""

    @abstractmethod
    async def inject(self, site: Site) -> None:
        """Break it."""

    @abstractmethod
    async def felt(self, site: Site) -> str:
        """Wait, within a bound, for evidence from outside the fault that it took effect, and say what it was.

        Raises:
            StackError: nobody felt anything, so whatever the run shows proves nothing.
        """


@contextlib.asynccontextmanager
async def underway(fault: Fault, site: Site, history: History, plan: HealPlan) -> AsyncIterator[None]:
    """Break something, and mend it when the context is left, whatever happens meanwhile."""
    note = _Notes(fault, history)
    steps = fault.heals()
    plan.add(steps)
    try:
        note(FaultStage.INJECTED)
        await fault.inject(site)
        note(FaultStage.FELT, await fault.felt(site))
        yield
    finally:
        note(FaultStage.HEALING)
        for step in steps:
            await site.apply(step)
        await site.until_healthy()
        plan.remove(steps)
        note(FaultStage.HEALED)


class _Notes:
    def __init__(self, fault: Fault, history: History) -> None:
        self._fault, self._history = fault, history

    def __call__(self, stage: FaultStage, detail: str | None = None) -> None:
        at_ns, at_us = now()
        self._history.append(FaultEvent(self._fault.name, list(self._fault.nodes), stage, at_ns, at_us, detail))
