"""The programs a stack runs, built once for all stacks from pinned and locked sources.

A tool's folder carries a hash of everything that decides what is in it (the pom, the go.mod, the Java source), so a
changed pin builds a new folder and running stacks keep theirs. A build happens in a folder beside the final one and is
renamed when complete: whatever interrupts it, a tool is either there or not.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from veigo.stack.problem import StackError, first_sentence
from veigo.stack.process import last_lines
from veigo.stack.progress import Progress, Report, Stage

BUILD_WITHIN_S = 1200.0  # from nothing on a slow line; Maven and Go have retries of their own
OUTPUT_LINES_MAX = 20


@dataclass(frozen=True)
class Tool:
    """Something to build: what decides its content, what it is built from, and how.

    What no stack needs is built ``on_demand`` only: when somebody names it.
    """

    name: str
    does: str
    pins: tuple[Path | str, ...]
    build: Callable[["Workshop", Path], Awaitable[None]]
    needs: tuple[str, ...] = ()
    on_demand: bool = False


class Workshop:
    """What a build may use: the tools it needs, and a way to run programs with their output kept."""

    def __init__(self, toolchain: "Toolchain", log: Path) -> None:
        self._toolchain = toolchain
        self._log = log

    def tool(self, name: str) -> Path:
        """The folder of a tool this one needs."""
        return self._toolchain.path(name)

    async def run(self, *arguments: str | Path, folder: Path | None = None, **environment: str) -> None:
        """Run a program to its end.

        Raises:
            StackError: it is missing or failed; the sentence ends with what it said last.
        """
        program = str(arguments[0])
        if shutil.which(program) is None:
            raise StackError(f"{program} is not installed; `veigo doctor` names the command that installs it")
        with self._log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *map(str, arguments),
                cwd=folder,
                env=os.environ | environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
            try:
                code = await asyncio.wait_for(process.wait(), BUILD_WITHIN_S)
            except TimeoutError:
                raise StackError(f"{program} did not finish within {BUILD_WITHIN_S:g} s; see {self._log}") from None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if code != 0:
            said = "\n".join(last_lines(self._log, OUTPUT_LINES_MAX))
            raise StackError(f"{program} failed with exit code {code}; the end of {self._log}:\n{said}")


class Toolchain:
    """All tools, in one folder."""

    def __init__(self, folder: Path, tools: tuple[Tool, ...]) -> None:
        self.folder = folder
        self._tools: Mapping[str, Tool] = {tool.name: tool for tool in tools}

    @property
    def names(self) -> tuple[str, ...]:
        """Every tool."""
        return tuple(self._tools)

    def path(self, name: str) -> Path:
        """Where the tool is, or will be once it is built."""
        return self.folder / f"{name}-{self._digest(name)}"

    def missing(self, *names: str) -> list[str]:
        """Names of the tools that have to be built first: of these and what they need, or of all that stacks need."""
        wanted = self._with_needs(names) if names else {name for name, t in self._tools.items() if not t.on_demand}
        return [name for name in self._tools if name in wanted and not self.path(name).exists()]

    def _with_needs(self, names: tuple[str, ...]) -> set[str]:
        return set(names).union(*(self._with_needs(self._tools[name].needs) for name in names))

    async def build(self, report: Report, *names: str) -> None:
        """Build what is missing, at once where nothing is in the way: these tools, or all that stacks need.

        Raises:
            StackError: a build failed; the others are stopped and leave nothing half-made.
        """
        if not self.missing(*names):
            return
        async with self._lock(report):
            missing = self.missing(*names)
            for name in missing:
                report(Progress(name, Stage.WAITING, self._tools[name].does))
            built = {name: asyncio.Event() for name in missing}
            try:
                async with asyncio.TaskGroup() as group:
                    for name in missing:
                        group.create_task(self._build_one(name, built, report))
            except ExceptionGroup as problems:
                raise StackError(first_sentence(problems)) from None

    async def _build_one(self, name: str, built: Mapping[str, asyncio.Event], report: Report) -> None:
        tool = self._tools[name]
        for needed in tool.needs:
            if needed in built:
                await built[needed].wait()
        report(Progress(name, Stage.RUNNING, tool.does))
        began = time.monotonic()
        log = self.folder / f"{name}.log"
        log.write_bytes(b"")
        draft = self.folder / f".{name}.draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        try:
            await tool.build(Workshop(self, log), draft)
            draft.rename(self.path(name))
        except StackError:
            report(Progress(name, Stage.FAILED, tool.does, time.monotonic() - began))
            raise
        except OSError as error:
            report(Progress(name, Stage.FAILED, tool.does, time.monotonic() - began))
            raise StackError(f"cannot build {name} in {self.folder}: {error.strerror or error}") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        report(Progress(name, Stage.DONE, tool.does, time.monotonic() - began))
        built[name].set()

    def _digest(self, name: str) -> str:
        """Twelve hex digits that change with the tool's pins and with those of the tools it is made from."""
        tool = self._tools[name]
        digest = hashlib.sha256()
        for pin in tool.pins:
            digest.update(pin.read_bytes() if isinstance(pin, Path) else pin.encode())
        for needed in tool.needs:
            digest.update(self._digest(needed).encode())
        return digest.hexdigest()[:12]

    @contextlib.asynccontextmanager
    async def _lock(self, report: Report) -> AsyncIterator[None]:
        """One builder at a time on this machine; a second one waits, then finds the tools built."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a") as file:
            told = False
            deadline = time.monotonic() + BUILD_WITHIN_S
            while not try_lock(file.fileno()):
                if not told:
                    report(Progress("tools", Stage.WAITING, "another veigo builds them"))
                    told = True
                if time.monotonic() > deadline:
                    raise StackError(f"another veigo has been building tools for {BUILD_WITHIN_S:g} s; end it first")
                await asyncio.sleep(0.2)
            yield


def try_lock(descriptor: int) -> bool:
    """Take the file's lock if nobody has it; the system gives it back when its holder ends, however it ends."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
