"""How long work tells whoever watches how far it is: one callable, handed down."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """Where one piece of work is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Progress:
    """One line of news about one piece of work."""

    name: str
    stage: Stage
    detail: str = ""
    took_s: float | None = None


Report = Callable[[Progress], None]
