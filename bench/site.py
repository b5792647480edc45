"""Where measures are taken: a stack of the scoreboard's own, brought up before the first and purged after the last."""

import asyncio
import random
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.stack.problem import StackError
from veigo.stack.stack import Stack

NAME = "bench"
UP_WITHIN_S = 300.0
DOWN_WITHIN_S = 60.0


@dataclass(frozen=True)
class Site:
    """What a measure finds there.

    Attributes:
        folder: for files; deleted at the end.
        seed: of everything that is drawn.
        size: by which the length of every block is multiplied; 1 for a scoreboard, less to try something out.
    """

    folder: Path
    seed: int = 1
    size: float = 1.0
    found: Stack | None = None

    @property
    def gateway(self) -> str:
        """The URL of its gateway."""
        return f"http://{self.stack.address('gateway')}"

    @property
    def stack(self) -> Stack:
        """The running stack."""
        if self.found is None:
            raise RuntimeError("this measure says `needs_stack=False`, so it has none")
        return self.found

    def rng(self, what: str) -> random.Random:
        """A generator that draws the same for the same seed, whatever else is drawn."""
        return random.Random(f"{self.seed} {what}")  # noqa: S311 - an order, not a secret

    def seconds(self, full_s: float) -> float:
        """How long a block lasts that lasts `full_s` in a scoreboard."""
        return full_s * self.size

    def count(self, full: int) -> int:
        """How many are made of what a scoreboard makes `full`; one at least."""
        return max(1, round(full * self.size))


@asynccontextmanager
async def site(stack: str | None, *, seed: int, size: float, needs_stack: bool) -> AsyncIterator[Site]:
    """Give a site: on the stack of that name, which goes on running, or on one of its own, which does not."""
    with tempfile.TemporaryDirectory(prefix="veigo-bench-") as folder:
        if not needs_stack:
            yield Site(Path(folder), seed, size)
            return
        if stack is not None:
            yield Site(Path(folder), seed, size, _existing(stack))
            return
        await _veigo("down", "--name", NAME, "--purge", within_s=DOWN_WITHIN_S)  # what a killed run left
        try:
            await _veigo("up", "--name", NAME, within_s=UP_WITHIN_S)
            yield Site(Path(folder), seed, size, _existing(NAME))
        finally:
            await _veigo("down", "--name", NAME, "--purge", within_s=DOWN_WITHIN_S)


def _existing(name: str) -> Stack:
    stack = Stack.existing(TOPOLOGY, toolchain(), name)
    if stack is None:
        raise StackError(f"stack {name} is not up; `veigo up --name {name}` starts it")
    return stack


async def _veigo(*arguments: str, within_s: float) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "veigo", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(within_s):
            said, _ = await process.communicate()
    except BaseException:
        if process.returncode is None:
            process.terminate()
            await process.wait()
        raise
    if process.returncode:
        raise StackError(f"`veigo {' '.join(arguments)}` failed: {said.decode().strip()}")
