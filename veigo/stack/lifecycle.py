"""Bringing a stack up and down from outside its runner: what ``veigo up``, ``veigo down`` and the live tests call.

The runner holds a file lock as long as it lives, so whether a stack runs is a question the system answers, also after
a SIGKILL. Whoever changes a stack holds a second lock meanwhile, so that two of them do not collide.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

from veigo.stack import control
from veigo.stack.alarms import Alarms
from veigo.stack.node import Node
from veigo.stack.ports import require_free
from veigo.stack.problem import StackError
from veigo.stack.process import end_leftover, find, last_lines
from veigo.stack.progress import Progress, Report, Stage
from veigo.stack.stack import Stack
from veigo.stack.state import NodeRecord, NodeState, StackRecord, StackState, read_record, write_record
from veigo.stack.toolchain import try_lock

UP_WITHIN_S = 180.0
DOWN_WITHIN_S = 60.0
LOOK_EVERY_S = 0.05
LEFTOVER_WITHIN_S = 10.0

STARTING_STAGES = {
    NodeState.WAITING: Stage.WAITING,
    NodeState.STARTING: Stage.RUNNING,
    NodeState.READY: Stage.DONE,
    NodeState.DEAD: Stage.FAILED,
}
STOPPING_STAGES = {NodeState.STOPPING: Stage.RUNNING, NodeState.STOPPED: Stage.DONE}


def is_running(stack: Stack) -> bool:
    """Whether the stack has a runner."""
    try:
        with (stack.folder / "runner.lock").open("a") as file:
            return not try_lock(file.fileno())
    except FileNotFoundError:
        return False


def observe(stack: Stack) -> StackRecord | None:
    """What is true of the stack now: what the runner wrote, corrected by what the system says."""
    record = read_record(stack.state_file)
    if record is None:
        return None
    for node in record.nodes.values():
        if node.process is not None and find(node.process) is None:
            node.state, node.process = NodeState.DEAD, None
    if record.runner is not None and not is_running(stack):
        record.runner, record.state = None, StackState.FAILED
        record.error = "its runner was killed; `veigo up` clears up and starts it again"
    elif record.state is StackState.READY and (
        any(node.state is not NodeState.READY for node in record.nodes.values()) or Alarms(stack.folder).standing()
    ):
        record.state = StackState.DEGRADED
    return record


async def bring_up(
    stack: Stack,
    preflight: Callable[[], None],
    report: Report,
    only: Iterable[str] = (),
) -> tuple[StackRecord, bool]:
    """Make the stack ready; the record, and whether there was anything to do.

    ``preflight`` raises StackError for what is missing on this machine.

    Raises:
        StackError: one sentence on what is in the way. Unless the stack ran before, nothing is left running.
    """
    async with changing(stack, report):
        record = observe(stack)
        if record is not None and is_running(stack):
            return await _complete(stack, record, report)
        clear_leftovers(stack, record)
        preflight()
        await stack.toolchain.build(report)
        if tools := [node.tool for node in stack.topology.nodes if node.tool]:
            await stack.toolchain.build(report, *tools)
        steps = [step for step in stack.topology.only(set(only) or set(stack.topology.steps)) if isinstance(step, Node)]
        names = {step.name for step in steps}
        require_free({port: node for port, node in stack.ports.items() if node in names})
        try:
            await _start_runner(stack, only)
            return await _follow(stack, report, {}), True
        except asyncio.CancelledError:
            await _end_runner(stack)
            raise


async def bring_down(stack: Stack, report: Report, *, purge: bool = False) -> bool:
    """Stop the stack in reverse order, within a bound; with ``purge``, forget it. Whether anything ran."""
    async with changing(stack, report):
        ran = is_running(stack)
        if ran:
            await _end_runner(stack, report)
        ran = clear_leftovers(stack, observe(stack)) or ran
        if purge:
            for node in stack.topology.nodes:
                if node.discard is not None:
                    node.discard(stack)
            shutil.rmtree(stack.folder, ignore_errors=True)
    return ran


def clear_leftovers(stack: Stack, record: StackRecord | None) -> bool:
    """End what a killed runner left behind (on Linux the kernel has done so already); whether there was anything."""
    if record is None:
        return False
    recorded = read_record(stack.state_file) or record
    ended = [end_leftover(node.process, LEFTOVER_WITHIN_S) for node in recorded.nodes.values()]
    if record.runner is None and recorded.runner is not None:
        for node in record.nodes.values():
            node.state, node.process = NodeState.STOPPED, None
        write_record(stack.state_file, record)
    return any(ended)


@contextlib.asynccontextmanager
async def changing(stack: Stack, report: Report) -> AsyncIterator[None]:
    """Be the only one who changes this stack; a second one waits for the first."""
    stack.folder.mkdir(parents=True, exist_ok=True)
    with (stack.folder / "change.lock").open("a") as file:
        deadline = time.monotonic() + UP_WITHIN_S
        told = False
        while not try_lock(file.fileno()):
            if not told:
                report(Progress(stack.name, Stage.WAITING, "another veigo is starting or stopping this stack"))
                told = True
            if time.monotonic() > deadline:
                raise StackError(f"another veigo has been changing stack {stack.name} for {UP_WITHIN_S:g} s; end it")
            await asyncio.sleep(LOOK_EVERY_S)
        yield


async def _complete(stack: Stack, record: StackRecord, report: Report) -> tuple[StackRecord, bool]:
    """Bring a running stack to ready: nothing, follow its start, or bring back what died."""
    if record.state is StackState.READY:
        return record, False
    seen: dict[str, NodeState] = {}
    if record.state is StackState.DEGRADED:
        seen = {name: node.state for name, node in (record.nodes | record.jobs).items()}
        recovering = asyncio.create_task(control.ask(stack, do="recover"))
        while not recovering.done():
            _tell_start(read_record(stack.state_file), seen, report)
            await asyncio.wait({recovering}, timeout=LOOK_EVERY_S)
        recovering.result()
    return await _follow(stack, report, seen), True


async def _start_runner(stack: Stack, only: Iterable[str]) -> None:
    """Start the runner; it detaches itself once it holds its lock."""
    log = stack.log("runner")
    arguments = ["--name", stack.name, "--port-base", str(stack.base)]
    arguments += ["--only", ",".join(only)] if only else []
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "stack", *arguments),
            env=os.environ | {"VEIGO_HOME": str(stack.home), "PYTHONUNBUFFERED": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        if await process.wait() != 0:
            said = "\n".join(f"  {line}" for line in last_lines(log))
            raise StackError(f"the runner did not start; the end of {log}:\n{said}")


async def _follow(stack: Stack, report: Report, seen: dict[str, NodeState]) -> StackRecord:
    """Report every change that was not seen before, until the stack is ready or has failed."""
    deadline = time.monotonic() + UP_WITHIN_S
    while True:
        running = is_running(stack)
        record = read_record(stack.state_file)
        if record is not None:
            _tell_start(record, seen, report)
            if record.state in (StackState.READY, StackState.DEGRADED):
                return record
            if record.state is StackState.FAILED:
                raise StackError(record.error)
        if not running:
            said = "\n".join(f"  {line}" for line in last_lines(stack.log("runner")))
            raise StackError(f"the runner ended early; the end of {stack.log('runner')}:\n{said}")
        if time.monotonic() > deadline:
            await _end_runner(stack)
            raise StackError(f"stack {stack.name} was not ready within {UP_WITHIN_S:g} s and was stopped")
        await asyncio.sleep(LOOK_EVERY_S)


def _tell_start(record: StackRecord | None, seen: dict[str, NodeState], report: Report) -> None:
    every: dict[str, NodeRecord] = {} if record is None else record.nodes | record.jobs
    for name, node in every.items():
        if seen.get(name) is not node.state and node.state in STARTING_STAGES:
            seen[name] = node.state
            detail = "" if node.state is NodeState.WAITING else node.detail.partition("\n")[0] or node.address
            took_s = node.took_s if node.state is NodeState.READY else None
            report(Progress(name, STARTING_STAGES[node.state], detail, took_s))


def _tell_stop(record: StackRecord | None, seen: dict[str, NodeState], report: Report) -> None:
    for name, node in ({} if record is None else record.nodes).items():
        if seen.get(name) is not node.state and node.state in STOPPING_STAGES:
            seen[name] = node.state
            report(Progress(name, STOPPING_STAGES[node.state], node.state.value))


async def _end_runner(stack: Stack, report: Report | None = None) -> None:
    """Ask the runner to stop everything and end; kill it when it does not, which ends its children too."""
    record = read_record(stack.state_file)
    runner = find(record.runner) if record else None
    if runner is None:
        return
    runner.send_signal(signal.SIGTERM)
    seen: dict[str, NodeState] = {}
    deadline = time.monotonic() + DOWN_WITHIN_S
    while is_running(stack):
        if report is not None:
            _tell_stop(read_record(stack.state_file), seen, report)
        if time.monotonic() > deadline:
            runner.kill()
        await asyncio.sleep(LOOK_EVERY_S)


def disk_free_bytes(folder: Path) -> int:
    """Free space on the disk that holds the folder, or will."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
