"""The stack of processes as a place to break things in: every fault of ``veigo/faults`` can be injected here."""

import asyncio
import signal
from functools import partial
from typing import Any

import psutil

from stack import clocks, connect, connectors, edges, kafka, limits, postgres, rest
from stack.repair import repair
from veigo.faults.heal import HealStep
from veigo.faults.site import Life, Resource, Running
from veigo.stack.control import ask
from veigo.stack.problem import StackError
from veigo.stack.process import find, last_lines
from veigo.stack.readiness import until
from veigo.stack.stack import Stack
from veigo.stack.state import ProcessId, read_record

LINES_MAX = 2_000  # of a log that is looked at
HEALTHY_WITHIN_S = 120.0  # a connector that failed for long is restarted every ten seconds


class ProcessSite:
    """One running stack; see ``veigo/faults/site.py`` for what each of these promises."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def nodes(self) -> tuple[str, ...]:
        """The names of all nodes."""
        return tuple(node.name for node in self.stack.topology.nodes)

    async def kill(self, node: str) -> None:
        """End a node by SIGKILL, and wait until it is gone."""
        await ask(self.stack, do="signal", node=node, signal=signal.SIGKILL.name)

    async def stop(self, node: str, with_signal: str = "") -> None:
        """Ask a node to end, by a signal of its own or another one, and wait until it has."""
        how = {"signal": with_signal} if with_signal else {}
        await ask(self.stack, do="stop", node=node, **how)

    async def start(self, node: str) -> None:
        """Start a node and wait until it has answered a real request."""
        await ask(self.stack, do="start", node=node)

    async def pause(self, node: str) -> None:
        """Let a node get no processor time."""
        await ask(self.stack, do="signal", node=node, signal=signal.SIGSTOP.name)

    async def life(self, node: str) -> Life:
        """What the system says of a node's process."""
        identity = self._process(node)
        process = find(identity)
        if identity is None or process is None:
            return Life(Running.GONE, "gone")
        paused = process.status() == psutil.STATUS_STOPPED
        return Life(Running.PAUSED if paused else Running.RUNS, f"process {identity.pid}")

    async def probe(self, node: str) -> None:
        """Ask a node for something real."""
        await self.stack.topology.node(node).probe(self.stack)

    async def sql(self, database: str, statement: str, *values: object) -> list[dict[str, Any]]:
        """Run one statement as PostgreSQL's administrator; its rows."""
        connection = await postgres.connect(self.stack, database)
        try:
            return [dict(row) for row in await connection.fetch(statement, *values)]
        finally:
            await connection.close()

    async def rest(self, node: str, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Ask a node's HTTP interface; the JSON it answers."""
        return await rest.request(self.stack.address(node), method, path, body)

    async def poison(self, source: str, target: str, kind: str, stream: str, amounts: dict[str, int]) -> None:
        """Have the proxy between two nodes do something to one direction of their connections."""
        await edges.poison(self.stack, source, target, {"type": kind, "stream": stream, "attributes": amounts})

    async def round_trip(self, source: str, target: str) -> float:
        """The seconds one request takes over an edge."""
        return await edges.round_trip(self.stack, source, target)

    async def leader(self, topic: str, partition: int = 0) -> str:
        """The broker that leads a partition now."""
        return await asyncio.to_thread(kafka.leader, self.stack, topic, partition)

    def address(self, node: str) -> str:
        """``host:port`` of a node."""
        return self.stack.address(node)

    async def logged(self, node: str, *words: str) -> str:
        """The newest line of a node's log with all these words in it; empty when there is none."""
        lines = last_lines(self.stack.log(node), LINES_MAX)
        return next((line for line in reversed(lines) if all(word in line for word in words)), "")

    async def set_clock(self, node: str, ahead_s: int) -> None:
        """Restart a node with a time of day that is off by so many seconds."""
        environment = clocks.environment(ahead_s)
        await ask(self.stack, do="stop", node=node)
        await ask(self.stack, do="start", node=node, environment=environment)

    async def clock_ahead_s(self, node: str) -> float:
        """How far the time a node wrote down last is ahead of the time it was written at."""
        return clocks.ahead_s(self.stack.log(node))

    async def workers(self) -> int:
        """How many members Kafka counts in the group of Connect's workers."""
        return await asyncio.to_thread(kafka.members, self.stack, connect.GROUP)

    async def records(self, topic: str) -> int:
        """How many records all partitions of a topic together have had so far."""
        return await asyncio.to_thread(kafka.records, self.stack, topic)

    async def limit(self, node: str, resource: Resource, at_most: int) -> None:
        """Give a node, and everything it started, no more of something than that."""
        await asyncio.to_thread(limits.lower, self._process(node), resource, at_most)

    async def disconnect(self, node: str) -> None:
        """Refuse: processes have their network in common."""
        raise StackError(
            f"{node} is a process, which cannot leave the network; `veigo up --containers` gives it its own"
        )

    async def throttle(self, node: str, cpus: float) -> None:
        """Refuse: processes have their processors in common."""
        raise StackError(f"{node} is a process, not to be held to {cpus:g} processors; `veigo up --containers` can")

    async def apply(self, step: HealStep) -> None:
        """Undo a part of a fault.

        Raises:
            StackError: it cannot be undone, or nobody here knows how.
        """
        undo = {
            "start": self._start,
            "go_on": self._go_on,
            "right_clock": self._right_clock,
            "unlimit": self._unlimit,
            "clear": self._clear,
            "setting": self._set,
            "sql": self._run,
            "capture": self._capture,
            "repair": self._repair,
        }.get(step.do)
        if undo is None:
            raise StackError(f"nobody knows how to {step.do} {step.what}; this heal plan is another Veigo's")
        await undo(step)

    async def until_healthy(self) -> None:
        """Wait until every node answers and every connector runs.

        Raises:
            StackError: something is still not well at the deadline.
        """
        left_s = HEALTHY_WITHIN_S
        for node in self.nodes():
            left_s -= await until(partial(self.probe, node), left_s, f"{node} does not answer")
        address = self.stack.address("connect")
        for name in connectors.DATABASES:
            running = partial(connectors.require_running, address, name)
            left_s -= await until(running, left_s, f"connector {name} does not run")

    async def _start(self, step: HealStep) -> None:
        await self.start(step.what)

    async def _go_on(self, step: HealStep) -> None:
        if (await self.life(step.what)).running is not Running.GONE:
            await ask(self.stack, do="signal", node=step.what, signal=signal.SIGCONT.name)

    async def _right_clock(self, step: HealStep) -> None:
        if clocks.is_set(self._process(step.what)):
            await self.stop(step.what)
        await self.start(step.what)

    async def _unlimit(self, step: HealStep) -> None:
        await asyncio.to_thread(limits.lift, self._process(step.what))

    async def _clear(self, step: HealStep) -> None:
        await edges.clear(self.stack, step.what, step.how["to"])

    async def _set(self, step: HealStep) -> None:
        await postgres.set_changeable(self.stack, step.what)

    async def _run(self, step: HealStep) -> None:
        await self.sql(step.what, step.how["statement"])

    async def _capture(self, step: HealStep) -> None:
        await connectors.capture(self.stack, step.what)

    async def _repair(self, _: HealStep) -> None:
        await repair(self.stack)

    def _process(self, node: str) -> ProcessId | None:
        record = read_record(self.stack.state_file)
        known = record.nodes.get(node) if record else None
        if known is None:
            raise StackError(f"stack {self.stack.name} has no node {node!r}; it has {', '.join(self.nodes())}")
        return known.process
