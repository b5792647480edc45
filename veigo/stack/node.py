"""What a stack is made of: nodes, which are processes that stay, and jobs, which run once and end.

A node is described, never subclassed: a record of plain functions, each taking the stack it runs in. The runner
(``runner.py``) is the only one that calls them, always in this order::

    prepare → launch → bootstrap → probe until it answers → watch while it lives

Everything that can wait has its own bound here, so that a node which never gets ready says so.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from veigo.stack.stack import Stack


@dataclass(frozen=True)
class Account:
    """The unprivileged account a process gives up root for."""

    user_id: int
    group_id: int


@dataclass(frozen=True)
class Launch:
    """How one process is started.

    ``timer_slack_ns`` is how much later than asked for its sleeps may end (Linux; 0 leaves the system's 50 µs).
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    folder: Path | None = None
    timer_slack_ns: int = 0


async def nothing(_: Stack) -> None:
    """Do nothing: the step a node leaves out."""


@dataclass(frozen=True)
class Node:
    """A process that stays until the stack goes down.

    ``offset`` is its port counted from the stack's first port; ``more_offsets`` are ports it takes beside that one.
    ``after`` names the nodes and jobs that must be done before it is launched, not merely before it is useful.
    ``tool`` is what it is started from, where other stacks do without it.
    ``replica`` makes the second, third, … of its kind; a node without it there can be one of.
    ``probe`` returns when a real request went through, and raises whatever went wrong otherwise.
    """

    name: str
    does: str
    offset: int
    launch: Callable[[Stack], Launch]
    probe: Callable[[Stack], Awaitable[None]]
    after: tuple[str, ...] = ()
    more_offsets: tuple[int, ...] = ()
    prepare: Callable[[Stack], Awaitable[None]] = nothing
    bootstrap: Callable[[Stack], Awaitable[None]] = nothing
    watch: Callable[[Stack], Awaitable[None]] = nothing
    discard: Callable[[Stack], None] | None = None
    ready_within_s: float = 60.0
    stop_within_s: float = 10.0
    stop_signal: signal.Signals = signal.SIGTERM
    tool: str = ""
    replica: Callable[[int], Node] | None = None
    replica_of: str = ""

    @property
    def kind(self) -> str:
        """What it is: its name, or that of the node it is a replica of. Edges are between kinds."""
        return self.replica_of or self.name


@dataclass(frozen=True)
class Job:
    """Something done once at each start, safe to do again: migrations, topics, connectors."""

    name: str
    does: str
    run: Callable[[Stack], Awaitable[None]]
    after: tuple[str, ...]
    within_s: float = 60.0


Step: TypeAlias = Node | Job
