"""A program that is told one line at a time and answers each with one; it ends when nobody can tell it more."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from veigo.stack.problem import StackError

ANSWER_WITHIN_S = 90.0  # the slowest answer is ten thousand sockets that are in
END_WITHIN_S = 5.0


class NoAnswerError(StackError):
    """It did not answer in time."""


class Driven:
    """One that runs."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self._name = name
        self._process = process
        self.system = psutil.Process(process.pid)

    def tell(self, line: str) -> None:
        """Tell it something, without waiting for the answer; the answer of one that has ended says why it did."""
        assert self._process.stdin is not None
        if not self._process.stdin.is_closing():
            self._process.stdin.write(f"{line}\n".encode())

    async def answer(self, word: str, within_s: float = ANSWER_WITHIN_S) -> list[int]:
        """Wait for the answer that begins with a word; its numbers.

        Raises:
            NoAnswerError: it gave none in time.
            StackError: it gave another one, or ended.
        """
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(within_s):
                said = (await self._process.stdout.readline()).decode(errors="replace").strip()
        except TimeoutError:
            raise NoAnswerError(f"{self._name} did not say {word!r} within {within_s:g} s") from None
        first, *numbers = said.split() or [""]
        if first != word:
            raise StackError(f"{self._name} said {said!r} instead of {word!r}" if said else f"{self._name} ended")
        return [int(number) for number in numbers]

    async def ask(self, line: str, word: str, within_s: float = ANSWER_WITHIN_S) -> list[int]:
        """Tell it something and wait for the answer."""
        self.tell(line)
        return await self.answer(word, within_s)


@asynccontextmanager
async def driven(name: str, program: Path, *arguments: str) -> AsyncIterator[Driven]:
    """Run a program for as long as the context is open."""
    process = await asyncio.create_subprocess_exec(
        program, *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Driven(name, process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(END_WITHIN_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
