"""The runner's account of the stack: changed in memory, on disk at once, so that everybody sees the same."""

import os
import time
from collections.abc import Iterable

from veigo.stack.node import Node, Step
from veigo.stack.process import identify
from veigo.stack.stack import Stack
from veigo.stack.state import NodeRecord, NodeState, ProcessId, StackRecord, StackState, write_record


class Ledger:
    """Holds the record of one stack and writes every change to its state file."""

    def __init__(self, stack: Stack, steps: Iterable[Step]) -> None:
        now = time.time()
        self._path = stack.state_file
        self.record = StackRecord(
            name=stack.name,
            base=stack.base,
            state=StackState.STARTING,
            since=now,
            runner=identify(os.getpid()),
            nodes={},
            jobs={},
        )
        for step in steps:
            if isinstance(step, Node):
                self.record.nodes[step.name] = NodeRecord(NodeState.WAITING, now, stack.address(step.name))
            else:
                self.record.jobs[step.name] = NodeRecord(NodeState.WAITING, now)
        self._write()

    def of(self, name: str) -> NodeRecord:
        """The record of a node or job."""
        return self.record.nodes.get(name) or self.record.jobs[name]

    def note(
        self,
        name: str,
        state: NodeState,
        *,
        process: ProcessId | None = None,
        took_s: float | None = None,
        detail: str = "",
    ) -> None:
        """Write down that a node or job changed; its process stays known until it has stopped."""
        record = self.of(name)
        record.state, record.since, record.detail = state, time.time(), detail
        if state in (NodeState.STOPPED, NodeState.DEAD):
            record.process = None
        elif process is not None:
            record.process = process
        if took_s is not None:
            record.took_s = round(took_s, 3)
        self._write()

    def note_stack(self, state: StackState, error: str = "") -> None:
        """Write down that the stack as a whole changed."""
        self.record.state, self.record.since = state, time.time()
        self.record.error = error
        if state in (StackState.STOPPED, StackState.FAILED):
            self.record.runner = None
        self._write()

    def settle(self) -> None:
        """Derive the stack's state from its nodes once it has been up: ready, or degraded when one is not."""
        up = all(record.state is NodeState.READY for record in self.record.nodes.values())
        self.note_stack(StackState.READY if up else StackState.DEGRADED)

    def _write(self) -> None:
        write_record(self._path, self.record)
