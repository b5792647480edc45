"""What the runner writes down about the stack, for everybody else to read: ``state.json``.

The file is replaced in one rename, so a reader sees the state before or after a change and never half of one. A pid
alone proves nothing, since the system gives pids out again: with each goes the process's start time, and only both
together name a process.
"""

import os
from enum import StrEnum
from pathlib import Path

import msgspec

from veigo.stack.problem import StackError

VERSION = 1


class NodeState(StrEnum):
    """Where a node is in its life."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DEAD = "dead"


class StackState(StrEnum):
    """Where the stack as a whole is: degraded means it was ready and a node died since, or an alarm stands."""

    STARTING = "starting"
    READY = "ready"
    DEGRADED = "degraded"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


class ProcessId(msgspec.Struct, frozen=True):
    """A process, named so that a later one with the same pid is not mistaken for it."""

    pid: int
    started: float


class NodeRecord(msgspec.Struct):
    """What is known of one node or job; ``took_s`` is how long it took to get ready, or done.

    ``memory_bytes`` is told where the node is no process of this machine that could be asked.
    """

    state: NodeState
    since: float
    address: str = ""
    process: ProcessId | None = None
    took_s: float | None = None
    detail: str = ""
    memory_bytes: int = 0


class StackRecord(msgspec.Struct):
    """What is known of one stack."""

    name: str
    base: int
    state: StackState
    since: float
    version: int = VERSION
    runner: ProcessId | None = None
    error: str = ""
    nodes: dict[str, NodeRecord] = {}
    jobs: dict[str, NodeRecord] = {}


def write_record(path: Path, record: StackRecord) -> None:
    """Replace the state file; a reader never sees half of it."""
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=2))
    draft.replace(path)


def read_record(path: Path) -> StackRecord | None:
    """What was last written, or None when there never was a stack here.

    Raises:
        StackError: the file is damaged, or a newer Veigo wrote it.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        version = msgspec.json.decode(content, type=dict[str, object]).get("version")
        if isinstance(version, int) and version > VERSION:
            raise StackError(
                f"{path} was written by a newer Veigo (state version {version}, this one knows {VERSION}); "
                "use that Veigo, or delete the stack's folder to start from nothing"
            )
        return msgspec.json.decode(content, type=StackRecord)
    except msgspec.MsgspecError as error:
        raise StackError(f"{path} is damaged ({error}); delete the stack's folder to start from nothing") from error
