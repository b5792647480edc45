"""A stack of processes, as a runtime: `lifecycle.py` and `control.py`, for one stack."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from typing_extensions import override

from veigo.stack import control, lifecycle
from veigo.stack.process import last_lines
from veigo.stack.progress import Report
from veigo.stack.runtime import Runtime
from veigo.stack.stack import Stack
from veigo.stack.state import StackRecord

LOOK_EVERY_S = 0.2


class Processes(Runtime):
    """See `Runtime`. ``preflight`` raises StackError for what is missing on this machine."""

    def __init__(self, stack: Stack, preflight: Callable[[], None]) -> None:
        self._stack = stack
        self._preflight = preflight

    @override
    def is_running(self) -> bool:
        return lifecycle.is_running(self._stack)

    @override
    def observe(self) -> StackRecord | None:
        return lifecycle.observe(self._stack)

    @override
    async def bring_up(self, report: Report, only: Iterable[str] = ()) -> tuple[StackRecord, bool]:
        return await lifecycle.bring_up(self._stack, self._preflight, report, only)

    @override
    async def bring_down(self, report: Report, *, purge: bool = False) -> bool:
        return await lifecycle.bring_down(self._stack, report, purge=purge)

    @override
    async def ask(self, **request: str) -> None:
        await control.ask(self._stack, **request)

    @override
    def log(self, node: str) -> Path:
        return self._stack.log(node)

    @override
    def logs(self) -> list[str]:
        return sorted(path.stem for path in (self._stack.folder / "logs").glob("*.log"))

    @override
    def last_lines(self, node: str, lines_max: int) -> list[str]:
        return last_lines(self._stack.log(node), lines_max)

    @override
    def follow(self, node: str) -> Iterator[str]:
        with self._stack.log(node).open(errors="replace") as log:
            log.seek(0, os.SEEK_END)
            while True:
                yield log.read()
                time.sleep(LOOK_EVERY_S)
