"""A compose project as the engine shows it: containers turned into the record that processes have too.

Pure but for `Project.look`: what the engine says goes in, a `StackRecord` comes out.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from veigo.stack import engine
from veigo.stack.problem import StackError
from veigo.stack.state import NodeRecord, NodeState, StackRecord, StackState

FILE = "project.json"


class Kept(msgspec.Struct, frozen=True):
    """What a stack's folder remembers of its project; ``attached`` when somebody else started it."""

    project: str
    files: list[str]
    attached: bool = False


def kept(folder: Path) -> Kept | None:
    """The project of the stack in this folder, if it is one of containers."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Kept)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise StackError(f"{folder / FILE} is damaged ({error}); delete the stack's folder") from error


def keep(folder: Path, project: Kept) -> None:
    """Remember the project."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(msgspec.json.encode(project))


@dataclass(frozen=True)
class Project:
    """The containers of one project, by service."""

    name: str
    containers: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def look(cls, name: str) -> "Project":
        """Ask the engine.

        Raises:
            StackError: it cannot be asked.
        """
        found = engine.containers(engine.PROJECT_LABEL, name)
        return cls(name, {one["Config"]["Labels"].get(engine.SERVICE_LABEL, one["Name"]): one for one in found})

    @property
    def runs(self) -> bool:
        """Whether any of it runs."""
        return any(one["State"]["Running"] for one in self.containers.values())

    def container(self, service: str) -> str:
        """The name of a service's container.

        Raises:
            StackError: there is none.
        """
        if service not in self.containers:
            raise StackError(
                f"project {self.name} has no container of {service!r}; it has {', '.join(self.containers)}"
            )
        return str(self.containers[service]["Name"]).lstrip("/")

    def published(self, service: str) -> int:
        """The first port of this machine at which a service is published.

        Raises:
            StackError: the service is not there, or is not published.
        """
        self.container(service)
        ports = self.containers[service]["NetworkSettings"]["Ports"] or {}
        for bindings in ports.values():
            for binding in bindings or ():
                return int(binding["HostPort"])
        raise StackError(f"project {self.name} publishes no port of {service}; is it up?")

    def record(self, name: str, base: int, nodes: Mapping[str, str], jobs: Iterable[str]) -> StackRecord:
        """What is known of the stack: ``nodes`` are the table's, with their addresses."""
        record = StackRecord(name=name, base=base, state=StackState.STOPPED, since=time.time())
        for node, address in nodes.items():
            record.nodes[node] = record_of(self.containers.get(node), address)
        for job in jobs:
            record.jobs[job] = record_of(self.containers.get(job), "", job=True)
        states = {node.state for node in record.nodes.values()}
        if states == {NodeState.READY}:
            record.state = StackState.READY
        elif states - {NodeState.STOPPED}:
            record.state = StackState.STARTING if NodeState.STARTING in states else StackState.DEGRADED
        return record


def record_of(told: Mapping[str, Any] | None, address: str, *, job: bool = False) -> NodeRecord:
    """One container's state, in a node's words."""
    if told is None:
        return NodeRecord(NodeState.STOPPED, time.time(), address)
    state = told["State"]
    since = moment(state["StartedAt" if state["Running"] else "FinishedAt"])
    record = NodeRecord(NodeState.STARTING, since, address)
    health = (state.get("Health") or {}).get("Status", "healthy")
    if state["Status"] == "paused":
        record.detail = "paused"
    elif state["Status"] == "restarting":
        record.detail = f"exited with code {state['ExitCode']}, and is started again and again"
    elif state["Running"]:
        record.state = NodeState.READY if health == "healthy" and not job else NodeState.STARTING
        record.detail = "" if health in ("healthy", "starting") else complaint(state)
    elif state["Status"] == "created":
        record.state = NodeState.WAITING
    elif state["ExitCode"] == 0:
        record.state = NodeState.READY if job else NodeState.STOPPED
    else:
        record.state = NodeState.DEAD
        record.detail = f"exited with code {state['ExitCode']}"
    return record


def complaint(state: Mapping[str, Any]) -> str:
    """What an unhealthy container's last health check said."""
    checks = (state.get("Health") or {}).get("Log") or [{}]
    said = str(checks[-1].get("Output", "")).strip().splitlines()
    return f"unhealthy: {said[-1]}" if said else "unhealthy"


def moment(text: str) -> float:
    """A time as the engine writes it, with nanoseconds, as seconds since the epoch."""
    return datetime.fromisoformat(text.partition(".")[0].rstrip("Z")).replace(tzinfo=UTC).timestamp()
