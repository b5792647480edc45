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


class Resource(StrEnum):
    """What a node can be given less of."""

    FILES = "files"  # open files and connections
    MEMORY = "memory"  # bytes of address space beyond what it has
    DISK = "disk"  # bytes of a file it may write


class Life(NamedTuple):
    """What the system says of a node's process; another ``identity`` is another process."""

    running: Running
    identity: str


class Site(Protocol):
    """A stack, as somebody sees it who breaks it. Everything has a bound of its own, and raises StackError at it."""

    def nodes(self) -> tuple[str, ...]:
        """The names of all nodes."""

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

    async def poison(self, source: str, target: str, kind: str, stream: str, amounts: dict[str, int]) -> None:
        """Have the proxy between two nodes do something to one direction of their connections, in Toxiproxy's terms."""

    async def round_trip(self, source: str, target: str) -> float:
        """The seconds one request takes over an edge, on the way its source takes; raises whatever goes wrong."""

    async def leader(self, topic: str, partition: int = 0) -> str:
        """The broker that leads a partition now."""

    def address(self, node: str) -> str:
        """``host:port`` of a node, as its clients outside the stack find it."""

    async def logged(self, node: str, *words: str) -> str:
        """The newest line of a node's log with all these words in it; empty when there is none."""

    async def set_clock(self, node: str, ahead_s: int) -> None:
        """Restart a node with a time of day that is off by so many seconds."""

    async def clock_ahead_s(self, node: str) -> float:
        """How far the time a node wrote down last is ahead of the time it was written at."""

    async def workers(self) -> int:
        """How many members Kafka counts in the group of Connect's workers."""

    async def records(self, topic: str) -> int:
        """How many records all partitions of a topic together have had so far."""

    async def limit(self, node: str, resource: Resource, at_most: int) -> None:
        """Give a node, and everything it started, no more of something than that."""

    async def disconnect(self, node: str) -> None:
        """Take a node out of the network the others are in; only where it has one, which processes have not."""

    async def throttle(self, node: str, cpus: float) -> None:
        """Give a node no more than so many processors; only in containers."""

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
