"""One child process: started so that it cannot outlive the runner, ended within a bound.

On Linux the kernel itself ends the child when the runner dies, even by SIGKILL (``PR_SET_PDEATHSIG``). Elsewhere, and
for whatever slips through, the next start ends leftovers by their recorded pid and start time.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

import psutil

from veigo.stack.node import Launch
from veigo.stack.problem import StackError
from veigo.stack.state import ProcessId

PR_SET_PDEATHSIG = 1
PR_SET_TIMERSLACK = 29
ORPHANS_WITHIN_S = 5.0
START_TIME_SLACK_S = 0.05  # the same process's start time, read twice, may differ by a clock tick
KEPT_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "JAVA_HOME")


def identify(pid: int) -> ProcessId:
    """The process with that pid, as something that can be recognised later."""
    return ProcessId(pid, psutil.Process(pid).create_time())


def find(identity: ProcessId | None) -> psutil.Process | None:
    """The very process that was identified, if it still runs; a zombie does not."""
    if identity is None:
        return None
    try:
        process = psutil.Process(identity.pid)
        same = abs(process.create_time() - identity.started) < START_TIME_SLACK_S
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def memory_bytes(identity: ProcessId | None, *, family: bool = True) -> int:
    """Resident memory of the process and, as a family, its children, counting shared pages once where the system tells.

    PostgreSQL is a family of processes around one block of shared memory; adding up their resident sizes would count
    that block once for each. The proportional size does not.
    """
    process = find(identity)
    if process is None:
        return 0
    total = 0
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        for one in (process, *(process.children(recursive=True) if family else ())):
            total += _proportional_bytes(one)
    return total


def _proportional_bytes(process: psutil.Process) -> int:
    full = process.memory_full_info()
    return int(getattr(full, "pss", 0) or full.rss)


def end_leftover(identity: ProcessId | None, within_s: float) -> bool:
    """End a process an earlier runner left behind, with its children; whether there was one."""
    process = find(identity)
    if process is None:
        return False
    family = [process, *process.children(recursive=True)]
    process.terminate()
    _, alive = psutil.wait_procs(family, timeout=within_s)
    for one in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(alive, timeout=5)
    return True


def last_lines(path: Path, lines_max: int = 20) -> list[str]:
    """The end of a log, for the sentence that reports a death."""
    try:
        with path.open(errors="replace") as log:
            return [line.rstrip() for line in deque(log, maxlen=lines_max)]
    except FileNotFoundError:
        return []


def _settle(parent_pid: int, timer_slack_ns: int) -> None:
    """Run in the child between fork and exec, after it has changed its account (which would clear the settings)."""
    prctl = ctypes.CDLL(None).prctl
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if timer_slack_ns:
        prctl(PR_SET_TIMERSLACK, timer_slack_ns, 0, 0, 0)
    if os.getppid() != parent_pid:  # the runner died in between: nobody would end us any more
        os._exit(1)


class ChildProcess:
    """A running node: its process, its log, and whether its end was asked for."""

    def __init__(self, process: asyncio.subprocess.Process, identity: ProcessId, log: Path) -> None:
        self.identity = identity
        self.log = log
        self.stopping = False
        self._process = process

    @classmethod
    async def start(cls, launch: Launch, log: Path) -> "ChildProcess":
        """Start the process with its output appended to its log.

        Raises:
            StackError: the program is not there or may not be run.
        """
        options: dict[str, Any] = {}
        if launch.account is not None:
            options |= {"user": launch.account.user_id, "group": launch.account.group_id, "extra_groups": []}
        if sys.platform == "linux":
            parent_pid = os.getpid()
            options["preexec_fn"] = lambda: _settle(parent_pid, launch.timer_slack_ns)
        kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
        with log.open("ab") as output:
            output.write(f"--- started {time.strftime('%Y-%m-%d %H:%M:%S')}\n".encode())
            output.flush()
            try:
                process = await asyncio.create_subprocess_exec(
                    *launch.arguments,
                    env=kept | dict(launch.environment),
                    cwd=launch.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    **options,
                )
            except OSError as error:
                raise StackError(f"cannot run {launch.arguments[0]}: {error.strerror}; try `veigo doctor`") from error
        try:
            identity = identify(process.pid)
        except psutil.NoSuchProcess:  # it ended at once, and was collected; what it said is in its log
            identity = ProcessId(process.pid, time.time())
        return cls(process, identity, log)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.returncode is None

    async def ended(self) -> str:
        """Wait for its end, and say how it came."""
        code = await self._process.wait()
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"

    async def send(self, number: signal.Signals) -> None:
        """Send it a signal that nobody here expects anything of; one that kills it is waited for.

        A process that pauses takes its children with it, and so does one that goes on: PostgreSQL is many of them.
        """
        if number in (signal.SIGSTOP, signal.SIGCONT):
            self._signal_family(number)
            return
        started = self._family()[1:]
        self._process.send_signal(number)
        if number is signal.SIGKILL:
            await self._process.wait()
            # What it started ends a moment later, and may hold what a successor needs.
            await asyncio.to_thread(psutil.wait_procs, started, ORPHANS_WITHIN_S)

    def _family(self) -> list[psutil.Process]:
        """The process and all it started, as far as they live."""
        process = find(self.identity)
        with contextlib.suppress(psutil.NoSuchProcess):  # it may end while we look
            return [process, *process.children(recursive=True)] if process else []
        return []

    def _signal_family(self, number: signal.Signals) -> None:
        for one in self._family():
            with contextlib.suppress(psutil.NoSuchProcess):
                one.send_signal(number)

    async def stop(self, with_signal: signal.Signals, within_s: float) -> None:
        """Ask it to end; when it has not within the bound, kill it and all it started."""
        self.stopping = True
        if not self.running:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(with_signal)
        self._signal_family(signal.SIGCONT)  # a paused process would never see the first one
        try:
            await asyncio.wait_for(self._process.wait(), within_s)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
