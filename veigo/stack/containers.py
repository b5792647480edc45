"""A stack of containers, as a runtime: a compose project, seen and changed through the engine's command line.

The project is `docker compose`'s own, so everything a person does to it by hand is seen here as well. What is added is
one container of doors (`doors.py`), through which the harness reaches nodes that are not published.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import override

from veigo.stack import engine, project
from veigo.stack.lifecycle import STARTING_STAGES, changing
from veigo.stack.node import Node
from veigo.stack.ports import HOST, require_free
from veigo.stack.problem import StackError
from veigo.stack.progress import Progress, Report, Stage
from veigo.stack.project import Kept, Project, record_of
from veigo.stack.readiness import until
from veigo.stack.runtime import Runtime
from veigo.stack.stack import Stack
from veigo.stack.state import NodeRecord, NodeState, StackRecord, StackState

BUILD_WITHIN_S = 1200.0
UP_WITHIN_S = 300.0
DOWN_WITHIN_S = 90.0
LOOK_EVERY_S = 1.0
STOP_WITHIN_S = 15
DOORS_LABEL = "veigo.stack"  # whose doors a container is
NEED = "gateway"  # without a container of this service a project is none of ours


def _is_hopeless(node: NodeRecord) -> bool:
    """Whether waiting is in vain: it has ended, or its health check was asked often enough."""
    return node.state is NodeState.DEAD or node.detail.startswith("unhealthy")


@dataclass(frozen=True)
class Composition:
    """What the containers of this stack are: files, ports inside their network, and what is done when they are up."""

    files: tuple[Path, ...]
    image: str
    doors: Mapping[str, int]  # kind of node → the port that a harness outside is led to
    secrets_volume: str
    finish: Callable[[Stack], Awaitable[None]]


class Containers(Runtime):
    """See `Runtime`."""

    def __init__(self, stack: Stack, kept: Kept, composition: Composition) -> None:
        self._stack = stack
        self._kept = kept
        self._composition = composition

    @override
    def is_running(self) -> bool:
        return Project.look(self._kept.project).runs

    @override
    def observe(self) -> StackRecord | None:
        found = Project.look(self._kept.project)
        record = self._record(found)
        running = {found.container(name): node for name, node in record.nodes.items() if node.state is NodeState.READY}
        for name, used in engine.memory_bytes(list(running)).items():
            running[name].memory_bytes = used
        return record

    @override
    async def bring_up(self, report: Report, only: Iterable[str] = ()) -> tuple[StackRecord, bool]:
        async with changing(self._stack, report):
            if self._kept.attached:
                return await self._attach(report)
            before = await asyncio.to_thread(Project.look, self._kept.project)
            record = self._record(before)
            if record.state is StackState.READY:
                await asyncio.to_thread(self._open_doors)
                return record, False
            await asyncio.to_thread(self._require_nodes)
            # What runs of the same project goes on as it is, whatever has become of the sources meanwhile.
            goes_on = before.runs and project.kept(self._stack.folder) == self._kept
            if not before.runs:
                require_free({self._stack.port(node.name): node.name for node in self._stack.topology.nodes})
            if not goes_on:
                await self._build(report)
            project.keep(self._stack.folder, self._kept)
            try:
                await self._start(report, tuple(only), *(["--no-recreate"] if goes_on else []))
                if only:  # without a gateway there is nobody to look after
                    return self._record(await asyncio.to_thread(Project.look, self._kept.project)), True
                return await self._look_into(report)
            except (StackError, asyncio.CancelledError):
                if not before.runs:
                    await asyncio.shield(asyncio.to_thread(self._remove))
                raise

    @override
    async def bring_down(self, report: Report, *, purge: bool = False) -> bool:
        async with changing(self._stack, report):
            ran = self.is_running()
            report(Progress(self._kept.project, Stage.RUNNING, "stopping"))
            await asyncio.to_thread(self._remove, purge=purge)
            report(Progress(self._kept.project, Stage.DONE, "stopped"))
            return ran

    @override
    async def ask(self, **request: str) -> None:
        found = await asyncio.to_thread(Project.look, self._kept.project)
        match request:
            case {"do": "recover"}:
                await asyncio.to_thread(self._compose, "start", within_s=UP_WITHIN_S)
                for node in self._stack.topology.nodes:
                    await self._until_ready(node)
            case {"do": "start", "node": str(name)}:
                await engine.ask_docker("start", found.container(name), within_s=UP_WITHIN_S)
                await self._until_ready(self._stack.topology.node(name))
            case {"do": "stop", "node": str(name), "signal": "SIGKILL"}:
                await engine.ask_docker("kill", found.container(name))
            case {"do": "stop", "node": str(name)}:
                within = str(STOP_WITHIN_S)
                await engine.ask_docker("stop", "--time", within, found.container(name), within_s=2 * STOP_WITHIN_S)
            case _:
                raise StackError(f"containers cannot {request}; ask to recover, or to start or stop a node")

    @override
    def log(self, node: str) -> Path:
        path = self._stack.log(node)
        engine.write_log(Project.look(self._kept.project).container(node), path)
        return path

    @override
    def logs(self) -> list[str]:
        return sorted(Project.look(self._kept.project).containers)

    @override
    def last_lines(self, node: str, lines_max: int) -> list[str]:
        return engine.last_lines(Project.look(self._kept.project).container(node), lines_max)

    @override
    def follow(self, node: str) -> Iterator[str]:
        return engine.follow(Project.look(self._kept.project).container(node))

    def _record(self, found: Project) -> StackRecord:
        addresses = {node.name: self._stack.address(node.name) for node in self._stack.topology.nodes}
        jobs = [job.name for job in self._stack.topology.jobs if job.name in found.containers]
        return found.record(self._stack.name, self._stack.base, addresses, jobs)

    def _require_nodes(self) -> None:
        """Refuse a table that the compose files do not have: scaled otherwise, or with proxies in its edges."""
        described = set(self._compose("config", "--services", within_s=engine.ANSWER_WITHIN_S).split())
        if missing := [node.name for node in self._stack.topology.nodes if node.name not in described]:
            raise StackError(
                f"the compose files have no {', '.join(missing)}; in containers a stack is the table's, "
                "or `veigo up --containers --overlay cluster` under a new --name"
            )

    def _compose(self, *arguments: str, within_s: float) -> str:
        files = [part for file in self._kept.files for part in ("--file", file)]
        environment = os.environ | self._told()
        return engine.docker(
            "compose",
            *files,
            "--project-name",
            self._kept.project,
            *arguments,
            within_s=within_s,
            environment=environment,
        )

    def _told(self) -> dict[str, str]:
        """What the compose files are told: the project's name, and which ports lead in."""
        told = {
            "VEIGO_PROJECT": self._kept.project,
            "VEIGO_DASHBOARD_PORT": str(self._stack.port("collector")),
        }
        for variable, kind, where in (("VEIGO_PORT", "gateway", f"{HOST}:"), ("VEIGO_KAFKA_DOOR", "kafka", "")):
            for number, node in enumerate(self._stack.topology.replicas(kind), 1):
                name = variable if number == 1 else f"{variable}_{number}"
                told[name] = f"{where}{self._stack.port(node.name)}"
        return told

    async def _build(self, report: Report) -> None:
        report(Progress("image", Stage.RUNNING, self._composition.image))
        began = time.monotonic()
        await asyncio.to_thread(self._compose, "build", "--quiet", within_s=BUILD_WITHIN_S)
        report(Progress("image", Stage.DONE, self._composition.image, time.monotonic() - began))

    async def _start(self, report: Report, only: tuple[str, ...], *how: str) -> None:
        """Have compose start everything, and tell of it meanwhile.

        Raises:
            StackError: a container did not get well; the sentence ends with its last lines.
        """
        starting = asyncio.create_task(
            asyncio.to_thread(self._compose, "up", "--detach", "--no-build", *how, *only, within_s=UP_WITHIN_S)
        )
        seen: dict[str, NodeState] = {}
        deadline_s = time.monotonic() + UP_WITHIN_S
        while True:
            found = await asyncio.to_thread(Project.look, self._kept.project)
            record = self._record(found)
            for name, node in (record.nodes | record.jobs).items():
                if seen.get(name) is not node.state and node.state in STARTING_STAGES:
                    seen[name] = node.state
                    report(Progress(name, STARTING_STAGES[node.state], node.detail or node.address))
            if starting.done() and starting.exception() is not None:
                raise self._failed(found, str(starting.exception()))
            wanted = [node for name, node in (record.nodes | record.jobs).items() if name in only or not only]
            if starting.done() and all(node.state is NodeState.READY for node in wanted):
                return
            if starting.done() and any(_is_hopeless(node) for node in wanted):
                raise self._failed(found, "not everything got well")
            if time.monotonic() > deadline_s:
                raise self._failed(found, f"not ready within {UP_WITHIN_S:g} s")
            await asyncio.sleep(LOOK_EVERY_S)

    def _failed(self, found: Project, why: str) -> StackError:
        """Say which container is to blame, with its last words."""
        record = self._record(found)
        others = {name: record_of(told, "", job=True) for name, told in found.containers.items()}
        every = others | record.nodes | record.jobs
        blamed = next((name for name, node in every.items() if node.state is NodeState.DEAD), None) or next(
            (name for name, node in every.items() if node.state is NodeState.STARTING and node.detail), None
        )
        if blamed is None or blamed not in found.containers:
            return StackError(f"project {self._kept.project} did not start: {why}")
        lines = engine.last_lines(found.container(blamed))
        said = "; its last lines:" + "".join(f"\n  {line}" for line in lines) if lines else "; it said nothing"
        return StackError(f"{blamed} {every[blamed].detail}{said}")

    async def _attach(self, report: Report) -> tuple[StackRecord, bool]:
        """Look into somebody else's project; when that fails at the first time, let go of it again."""
        known = project.kept(self._stack.folder) is not None
        project.keep(self._stack.folder, self._kept)
        try:
            return await self._look_into(report)
        except (StackError, asyncio.CancelledError):
            if not known:
                await asyncio.shield(asyncio.to_thread(self._remove))
            raise

    async def _look_into(self, report: Report) -> tuple[StackRecord, bool]:
        """Open the doors, take the secrets over, and prove that a message goes all the way."""
        await asyncio.to_thread(self._open_doors)
        for node in self._stack.topology.nodes:
            await self._until_ready(node)
        began = time.monotonic()
        report(Progress("canary", Stage.RUNNING))
        await self._composition.finish(self._stack)
        report(Progress("canary", Stage.DONE, took_s=time.monotonic() - began))
        return self._record(await asyncio.to_thread(Project.look, self._kept.project)), True

    async def _until_ready(self, node: Node) -> None:
        why = f"{node.name} did not become ready; see `veigo logs {node.name}`"
        await until(lambda: node.probe(self._stack), node.ready_within_s, why)

    def _doors(self) -> str:
        return f"{self._kept.project}-doors"

    def _open_doors(self) -> None:
        """Start the container that leads in, unless it is there, and take over the secrets it sees."""
        name = self._doors()
        if not any(one["State"]["Running"] for one in engine.inspect([name])):
            self._start_doors(name)
        secrets = self._stack.folder / "secrets"
        secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine.docker("cp", f"{name}:/run/secrets/.", str(secrets))

    def _start_doors(self, name: str) -> None:
        found = Project.look(self._kept.project)
        gateway = found.containers.get(NEED)
        if gateway is None:
            raise StackError(
                f"there is no project {self._kept.project} with a {NEED}; `docker compose ls` lists projects"
            )
        network = next(iter(gateway["NetworkSettings"]["Networks"]))
        ports: list[str] = []
        doors: list[str] = []
        for node in self._stack.topology.nodes:
            if inside := self._composition.doors.get(node.kind):
                outside = self._stack.port(node.name)
                ports += ["--publish", f"{HOST}:{outside}:{outside}"]
                doors.append(f"{outside}={node.name}:{inside}")
        volume = f"{self._kept.project}_{self._composition.secrets_volume}"
        engine.docker(
            *("run", "--detach", "--rm", "--name", name, "--label", f"{DOORS_LABEL}={self._stack.name}"),
            *("--network", network, "--read-only", "--cap-drop", "ALL"),
            *("--volume", f"{volume}:/run/secrets:ro", *ports, gateway["Image"]),
            *("python", "-m", "veigo.stack.doors", *doors),
        )

    def _remove(self, *, purge: bool = False) -> None:
        """Take down what we started: our doors, and the project unless somebody else did."""
        for one in engine.inspect([self._doors()]):
            if not self._kept.attached or one["Config"]["Labels"].get(DOORS_LABEL) == self._stack.name:
                engine.docker("rm", "--force", self._doors())
        if not self._kept.attached:
            # Of every profile: somebody may have let people in.
            self._compose("--profile", "*", "down", *(["--volumes"] if purge else []), within_s=DOWN_WITHIN_S)
        if purge or self._kept.attached:
            import shutil

            shutil.rmtree(self._stack.folder, ignore_errors=True)
