"""The runner: one process per stack that starts every node, keeps watch, and stops all of them in reverse order.

It starts steps in parallel: each waits only for those it names in ``after``. A node that dies while the stack comes up
ends the attempt, with its last words. One that dies later is marked dead and the rest go on; ``veigo up`` brings it
back (``recover``), and so does a fault that heals (``start``).
"""

import asyncio
import contextlib
import signal
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from veigo.stack.ledger import Ledger
from veigo.stack.node import Job, Node, Step
from veigo.stack.problem import StackError, first_sentence
from veigo.stack.process import ChildProcess, last_lines
from veigo.stack.readiness import until
from veigo.stack.stack import Stack
from veigo.stack.state import NodeState, StackState
from veigo.stack.topology import start_order

NOTHING: Mapping[str, str] = MappingProxyType({})


class Runner:
    """Starts, watches and stops the given steps of a stack."""

    def __init__(self, stack: Stack, steps: Iterable[Step]) -> None:
        self.stack = stack
        self.steps = {step.name: step for step in steps}
        self.ledger = Ledger(stack, self.steps.values())
        self._children: dict[str, ChildProcess] = {}
        self._watches: dict[str, list[asyncio.Task[None]]] = {}
        # Started or stopped one at a time; different nodes at once.
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._done = {name: asyncio.Event() for name in self.steps}

    async def start(self) -> None:
        """Bring up everything.

        Raises:
            StackError: a step failed; nothing is left running.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for step in self.steps.values():
                    group.create_task(self._bring_up(step))
        except ExceptionGroup as problems:
            error = first_sentence(problems)
            await self.stop()
            self.ledger.note_stack(StackState.FAILED, error)
            raise StackError(error) from None
        self.ledger.settle()

    async def stop(self) -> None:
        """Stop every node within its bound, each once those that dial it have stopped."""
        self.ledger.note_stack(StackState.STOPPING)
        nodes = [step for step in self.steps.values() if isinstance(step, Node)]
        stopped = {node.name: asyncio.Event() for node in nodes}
        async with asyncio.TaskGroup() as group:
            for node in nodes:
                group.create_task(self._stop_after_users(node, stopped))
        self.ledger.note_stack(StackState.STOPPED)

    async def recover(self) -> None:
        """Start the nodes that died, in order."""
        for name in start_order(self.steps.values()):
            if name in self.ledger.record.nodes and self.ledger.of(name).state is not NodeState.READY:
                await self.start_node(name)

    async def start_node(self, name: str, environment: Mapping[str, str] = NOTHING) -> None:
        """Start one node that is not running, with more in its environment, and wait until it is ready."""
        node = self._node(name)
        async with self._turns[name]:
            child = self._children.get(name)
            if child is None or not child.running:
                await self._run_node(node, environment)
        self.ledger.settle()

    async def stop_node(self, name: str, with_signal: signal.Signals | None = None) -> None:
        """Stop one node and leave the rest alone."""
        async with self._turns[name]:
            await self._stop_node(self._node(name), with_signal)
        self.ledger.settle()

    async def signal_node(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a node that runs, as somebody from outside would: what comes of it is noticed, not expected.

        Raises:
            StackError: it does not run.
        """
        self._node(name)
        async with self._turns[name]:
            child = self._children.get(name)
            if child is None or not child.running:
                raise StackError(f"{name} does not run; start it with `veigo start {name}`")
            await child.send(number)

    def _node(self, name: str) -> Node:
        step = self.steps.get(name)
        if not isinstance(step, Node):
            raise StackError(f"this stack runs no node {name!r}; it runs {', '.join(self.ledger.record.nodes)}")
        return step

    async def _bring_up(self, step: Step) -> None:
        for name in step.after:
            if name in self._done:
                await self._done[name].wait()
        if isinstance(step, Node):
            await self._run_node(step)
        else:
            await self._run_job(step)
        self._done[step.name].set()

    async def _run_job(self, job: Job) -> None:
        began = time.monotonic()
        self.ledger.note(job.name, NodeState.STARTING)
        try:
            await asyncio.wait_for(job.run(self.stack), job.within_s)
        except TimeoutError:
            raise self._job_failed(job, f"not done within {job.within_s:g} s") from None
        except Exception as error:  # a client's exception: the sentence needs the job's name to mean anything
            raise self._job_failed(job, first_sentence(error)) from error
        self.ledger.note(job.name, NodeState.READY, took_s=time.monotonic() - began)

    def _job_failed(self, job: Job, reason: str) -> StackError:
        self.ledger.note(job.name, NodeState.DEAD, detail=reason)
        return StackError(f"{job.name} failed: {reason}")

    async def _run_node(self, node: Node, environment: Mapping[str, str] = NOTHING) -> None:
        began = time.monotonic()
        self.ledger.note(node.name, NodeState.STARTING)
        await node.prepare(self.stack)
        launch = node.launch(self.stack)
        launch = replace(launch, environment={**launch.environment, **environment})
        child = await ChildProcess.start(launch, self.stack.log(node.name))
        self._children[node.name] = child
        self.ledger.note(node.name, NodeState.STARTING, process=child.identity)
        ready = asyncio.create_task(self._until_ready(node))
        death = asyncio.create_task(child.ended())
        try:
            await asyncio.wait({ready, death}, return_when=asyncio.FIRST_COMPLETED)
            if not ready.done():
                raise self._died(node, death.result())
            ready.result()
        finally:
            for task in (ready, death):
                task.cancel()
        self.ledger.note(node.name, NodeState.READY, took_s=time.monotonic() - began)
        self._watches[node.name] = [
            asyncio.create_task(self._watch_end(node, child)),
            asyncio.create_task(self._watch_health(node)),
        ]

    async def _until_ready(self, node: Node) -> None:
        why = f"{node.name} did not become ready; see {self.stack.log(node.name)}"
        took_s = await until(lambda: node.bootstrap(self.stack), node.ready_within_s, why)
        await until(lambda: node.probe(self.stack), node.ready_within_s - took_s, why)

    def _died(self, node: Node, how: str) -> StackError:
        self.ledger.note(node.name, NodeState.DEAD, detail=how)
        log = self.stack.log(node.name)
        said = "\n".join(f"  {line}" for line in last_lines(log))
        return StackError(f"{node.name} {how} before it was ready; the end of {log}:\n{said}")

    async def _watch_end(self, node: Node, child: ChildProcess) -> None:
        how = await child.ended()
        if child.stopping:
            return
        print(f"{node.name} {how}", flush=True)  # noqa: T201 - the runner's output is its log
        self._stop_watching(node.name, but=asyncio.current_task())
        self.ledger.note(node.name, NodeState.DEAD, detail=how)
        self.ledger.settle()

    async def _watch_health(self, node: Node) -> None:
        try:
            await node.watch(self.stack)
        except Exception as error:  # noqa: BLE001 - a broken watch must not take the stack with it
            print(f"the watch over {node.name} ended: {type(error).__name__}: {error}", flush=True)  # noqa: T201

    def _stop_watching(self, name: str, but: "asyncio.Task[None] | None" = None) -> None:
        for task in self._watches.pop(name, []):
            if task is not but:
                task.cancel()

    async def _stop_after_users(self, node: Node, stopped: dict[str, asyncio.Event]) -> None:
        for user in self.stack.topology.users(node.name) & stopped.keys():
            await stopped[user].wait()
        await self._stop_node(node, None)
        stopped[node.name].set()

    async def _stop_node(self, node: Node, with_signal: signal.Signals | None) -> None:
        self._stop_watching(node.name)
        child = self._children.pop(node.name, None)
        if child is not None and child.running:
            self.ledger.note(node.name, NodeState.STOPPING)
            await child.stop(with_signal or node.stop_signal, node.stop_within_s)
        if self.ledger.of(node.name).state is not NodeState.DEAD:
            self.ledger.note(node.name, NodeState.STOPPED)


async def serve(runner: Runner) -> None:
    """Run the stack until SIGTERM or SIGINT, also when one comes while it is still starting."""
    from veigo.stack.control import listen

    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    starting = asyncio.create_task(runner.start())
    asking = asyncio.create_task(asked.wait())
    await asyncio.wait({starting, asking}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        with contextlib.suppress(asyncio.CancelledError, StackError):
            await starting
    else:
        starting.result()
        async with listen(runner):
            await asked.wait()
    await runner.stop()
