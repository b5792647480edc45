"""The stack in containers as a place to break things in.

What a client does is the same wherever a node runs, so that is inherited; what is done to a node is done to its
container, by the engine. One that was killed stays down: its restart policy is for those that end by themselves.
"""

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from typing_extensions import override

from stack.process_site import LINES_MAX, ProcessSite
from stack.repair_inside import DONE, inside
from veigo.faults.heal import HealStep
from veigo.faults.site import Life, Resource, Running
from veigo.stack import engine
from veigo.stack.engine import ask_docker
from veigo.stack.problem import NotReadyError, StackError
from veigo.stack.project import Project
from veigo.stack.readiness import until
from veigo.stack.stack import Stack

STOP_WITHIN_S = 20.0  # the longest grace that the compose file gives
GONE_WITHIN_S = 15.0
START_WITHIN_S = 180.0  # Kafka took over a minute on a machine that had 20 times as much to do as it could


class ContainerSite(ProcessSite):
    """One running compose project; see ``veigo/faults/site.py`` for what each of these promises."""

    def __init__(self, stack: Stack, project: str) -> None:
        super().__init__(stack)
        self._project = project

    @override
    async def kill(self, node: str) -> None:
        await self._end("kill", node)

    @override
    async def stop(self, node: str, with_signal: str = "") -> None:
        if with_signal:
            await self._end("kill", node, "--signal", with_signal)
        else:
            await self._end("stop", node, "--time", f"{STOP_WITHIN_S:g}")

    @override
    async def start(self, node: str) -> None:
        """Start a container and wait until its node has answered a real request."""
        await ask_docker("start", await self._container(node), within_s=2 * STOP_WITHIN_S)
        await until(partial(self.probe, node), START_WITHIN_S, f"{node} did not become ready; see `veigo logs {node}`")

    @override
    async def pause(self, node: str) -> None:
        await ask_docker("pause", await self._container(node))

    @override
    async def life(self, node: str) -> Life:
        told = await self._told(node)
        state = told["State"]
        if state["Status"] == "paused":
            return Life(Running.PAUSED, _identity(told))
        if state["Running"] and not state["Restarting"]:
            return Life(Running.RUNS, _identity(told))
        return Life(Running.GONE, "gone")

    @override
    async def disconnect(self, node: str) -> None:
        """Take a container out of its network; what it runs goes on, and nobody reaches it or is reached by it.

        By which names the others look for it is kept for whoever puts it back.
        """
        networks = (await self._told(node))["NetworkSettings"]["Networks"]
        names = {network: told["Aliases"] or [node] for network, told in networks.items()}
        if names:
            self._names(node).write_bytes(msgspec.json.encode(names))
        for network in names:
            await ask_docker("network", "disconnect", network, await self._container(node))

    @override
    async def throttle(self, node: str, cpus: float) -> None:
        """Give a container no more than so many processors; how many it had is kept for whoever undoes it."""
        kept = self._cpus(node)
        if not kept.exists():
            bound = (await self._told(node))["HostConfig"]["NanoCpus"] / 1e9
            # One without a bound had all there are; the engine cannot take a bound away again.
            kept.write_text(f"{bound:g}" if bound else await ask_docker("info", "--format", "{{.NCPU}}"))
        await ask_docker("update", "--cpus", f"{cpus:g}", await self._container(node))

    @override
    async def poison(self, source: str, target: str, kind: str, stream: str, amounts: dict[str, int]) -> None:
        raise StackError(
            f"nothing stands between {source} and {target} in containers; Disconnect cuts a node off there"
        )

    @override
    async def logged(self, node: str, *words: str) -> str:
        lines = await asyncio.to_thread(engine.last_lines, await self._container(node), LINES_MAX)
        return next((line for line in reversed(lines) if all(word in line for word in words)), "")

    @override
    async def set_clock(self, node: str, ahead_s: int) -> None:
        raise StackError(f"{node} has its machine's clock, like every container; clocks are set in processes")

    @override
    async def limit(self, node: str, resource: Resource, at_most: int) -> None:
        raise StackError(f"{node} has no {resource} taken away in containers, only processor time: Throttle")

    @override
    async def apply(self, step: HealStep) -> None:
        match step:
            case HealStep("go_on", node):
                if (await self.life(node)).running is Running.PAUSED:
                    await ask_docker("unpause", await self._container(node))
            case HealStep("connect", node):
                await self._connect(node)
            case HealStep("unthrottle", node):
                await self._unthrottle(node)
            case HealStep("repair"):
                if await inside(self._project) != DONE:
                    raise StackError(f"it could not be repaired; `veigo repair --name {self.stack.name}` does more")
            case _:
                await super().apply(step)

    async def _connect(self, node: str) -> None:
        """Put a container back into its networks, under the names by which the others look for it."""
        kept = self._names(node)
        if not kept.exists():
            return
        back = (await self._told(node))["NetworkSettings"]["Networks"]
        for network, names in msgspec.json.decode(kept.read_bytes(), type=dict[str, list[str]]).items():
            if network not in back:
                aliases = [part for name in names for part in ("--alias", name)]
                await ask_docker("network", "connect", *aliases, network, await self._container(node))
        kept.unlink()

    async def _unthrottle(self, node: str) -> None:
        kept = self._cpus(node)
        if kept.exists():
            await ask_docker("update", "--cpus", kept.read_text().strip(), await self._container(node))
            kept.unlink()

    async def _end(self, how: str, node: str, *options: str) -> None:
        container = await self._container(node)
        await ask_docker(how, *options, container, within_s=2 * STOP_WITHIN_S)

        async def require_gone() -> None:
            if (await self.life(node)).running is not Running.GONE:
                raise NotReadyError("it still runs")

        await until(require_gone, GONE_WITHIN_S, f"{node} did not end when told to {how}")

    async def _told(self, node: str) -> dict[str, Any]:
        found = await asyncio.to_thread(engine.inspect, [await self._container(node)])
        if not found:
            raise StackError(f"project {self._project} has lost its container of {node}")
        return found[0]

    async def _container(self, node: str) -> str:
        return (await asyncio.to_thread(Project.look, self._project)).container(node)

    def _names(self, node: str) -> Path:
        return self.stack.folder / f"{node}.names"

    def _cpus(self, node: str) -> Path:
        return self.stack.folder / f"{node}.cpus"


def _identity(told: Mapping[str, Any]) -> str:
    """The same as long as the process in the container is."""
    return f"container {told['Id'][:12]}, process {told['State']['Pid']}"
