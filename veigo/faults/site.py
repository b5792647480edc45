"""Where faults are injected: what a stack of processes and one of containers both let somebody do to them.

No process number and no file path is in here, so that a fault can be written once for both.
"""

from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from veigo.faults.heal import HealStep


class Running(StrEnum):
    """What a node's process does."""

    RUNS = "runs"
    PAUSED = "paused"
    GONE = "gone"


class Life(NamedTuple):
    """What the system says of a node's process; another ``identity`` is another process."""

    running: Running
    identity: str


class Site(Protocol):
    """A stack, as somebody sees it who breaks it. Everything has a bound of its own, and raises StackError at it."""

    def nodes(self, kind: str = "") -> tuple[str, ...]:
        """The names of all nodes, or of those of one kind: the first, then its replicas."""

    async def kill(self, node: str) -> None:
        """End a node by SIGKILL, and wait until it is gone."""

    async def stop(self, node: str, with_signal: str = "") -> None:
        """Ask a node to end, by the signal it is used to or by another one ("SIGQUIT"), and wait until it has."""

    async def start(self, node: str) -> None:
        """Start a node and wait until it has answered a real request; one that runs is left alone."""

    async def pause(self, node: str) -> None:
        """Let a node get no processor time, with everything it started; its connections stay."""

    async def life(self, node: str) -> Life:
        """What the system says of a node's process."""

    async def probe(self, node: str) -> None:
        """Ask a node for something real, as a client would; raises whatever goes wrong."""

    async def sql(self, database: str, statement: str, *values: object) -> list[dict[str, Any]]:
        """Run one statement as PostgreSQL's administrator; its rows."""

    async def rest(self, node: str, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Ask a node's HTTP interface; the JSON it answers."""

    async def apply(self, step: HealStep) -> None:
        """Undo a part of a fault; nothing happens when it is undone already.

        Raises:
            StackError: it cannot be undone, and what to do about it.
        """

    async def until_healthy(self) -> None:
        """Wait until every node answers and every connector runs.

        Raises:
            StackError: something is still not well at the deadline.
        """
