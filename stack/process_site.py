"""The stack of processes as a place to break things in: every fault of ``veigo/faults`` can be injected here."""

import signal
from functools import partial
from typing import Any

import psutil

from stack import connectors, postgres, rest
from stack.repair import repair
from veigo.faults.heal import HealStep
from veigo.faults.site import Life, Running
from veigo.stack.control import ask
from veigo.stack.problem import StackError
from veigo.stack.process import find
from veigo.stack.readiness import until
from veigo.stack.stack import Stack
from veigo.stack.state import ProcessId, read_record

HEALTHY_WITHIN_S = 120.0  # a connector that failed for long is restarted every ten seconds


class ProcessSite:
    """One running stack; see ``veigo/faults/site.py`` for what each of these promises."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def nodes(self, kind: str = "") -> tuple[str, ...]:
        """The names of all nodes, or of those of one kind."""
        return tuple(node.name for node in self.stack.topology.nodes if kind in ("", node.kind))

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

    async def apply(self, step: HealStep) -> None:
        """Undo a part of a fault.

        Raises:
            StackError: it cannot be undone, or nobody here knows how.
        """
        match step:
            case HealStep("start", node):
                await self.start(node)
            case HealStep("go_on", node):
                await self._go_on(node)
            case HealStep("setting", name):
                await postgres.set_changeable(self.stack, name)
            case HealStep("may_replicate", role):
                await self.sql("postgres", f"ALTER ROLE {role} REPLICATION")
            case HealStep("capture", connector):
                await connectors.capture(self.stack, connector)
            case HealStep("repair"):
                await repair(self.stack)
            case _:
                raise StackError(f"nobody knows how to {step.do} {step.what}; this heal plan is another Veigo's")

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

    async def _go_on(self, node: str) -> None:
        if (await self.life(node)).running is not Running.GONE:
            await ask(self.stack, do="signal", node=node, signal=signal.SIGCONT.name)

    def _process(self, node: str) -> ProcessId | None:
        record = read_record(self.stack.state_file)
        known = record.nodes.get(node) if record else None
        if known is None:
            raise StackError(f"stack {self.stack.name} has no node {node!r}; it has {', '.join(self.nodes())}")
        return known.process
