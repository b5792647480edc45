"""What undoes a fault, as data: written to disk before anything is broken, and struck out once it was applied.

``heal.json`` in the stack's folder holds the steps of every fault under way, oldest first::

    [{"fault": "kill kafka", "step": {"do": "start", "what": "kafka", "how": {}}}]

A harness that is killed leaves it behind, and ``veigo chaos heal`` applies it. Every step may be applied twice.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from veigo.stack.problem import StackError


class HealStep(msgspec.Struct, frozen=True):
    """One thing that undoes a part of a fault: ``HealStep("start", "kafka")``. Applying it again changes nothing."""

    do: str
    what: str
    how: dict[str, str] = {}


class Owed(msgspec.Struct, frozen=True):
    """A step that is still to be applied, and the fault it undoes a part of."""

    fault: str
    step: HealStep


class HealPlan(Protocol):
    """Where the steps that undo the faults under way are kept, for whoever has to heal in the harness's place."""

    def add(self, fault: str, steps: tuple[HealStep, ...]) -> None:
        """Write steps down; they are on disk when this returns."""

    def remove(self, fault: str, step: HealStep) -> None:
        """Strike out a step that was applied; nothing happens when it is not there."""


class HealFile:
    """A heal plan in a file that survives whoever wrote it. Several may write it: each takes its lock."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "heal.json"

    def add(self, fault: str, steps: tuple[HealStep, ...]) -> None:
        """Write steps down; they are on disk when this returns."""
        with self._locked():
            self._write([*self.owed(), *(Owed(fault, step) for step in steps)])

    def remove(self, fault: str, step: HealStep) -> None:
        """Strike out a step that was applied; nothing happens when it is not there."""
        with self._locked():
            owed = self.owed()
            with contextlib.suppress(ValueError):
                owed.remove(Owed(fault, step))
            self._write(owed)

    def owed(self) -> list[Owed]:
        """The steps that are still to be applied, oldest first.

        Raises:
            StackError: the file is damaged.
        """
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=list[Owed])
        except FileNotFoundError:
            return []
        except msgspec.MsgspecError as error:
            raise StackError(f"{self.path} is damaged ({error}); delete it, then `veigo down` and up") from error

    def _write(self, owed: list[Owed]) -> None:
        """Replace the file in one step that outlives a crash of the machine."""
        draft = self.path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(owed), indent=2))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Be the only writer; the others wait for milliseconds, and a killed one's lock is given back by the system."""
        with self.path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
