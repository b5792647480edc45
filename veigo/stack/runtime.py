"""What a stack runs on: processes of this machine, or containers. Whatever it is, it can be asked the same things."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from veigo.stack.progress import Report
from veigo.stack.state import StackRecord


class Runtime(Protocol):
    """One stack, as something that can be started, asked, changed and stopped. Every refusal is a StackError."""

    def is_running(self) -> bool:
        """Whether there is anything of it to ask."""

    def observe(self) -> StackRecord | None:
        """What is true of it now; None when there never was such a stack."""

    async def bring_up(self, report: Report, only: Iterable[str] = ()) -> tuple[StackRecord, bool]:
        """Make it ready; the record, and whether there was anything to do."""

    async def bring_down(self, report: Report, *, purge: bool = False) -> bool:
        """Stop it, and with ``purge`` forget it; whether anything ran."""

    async def ask(self, **request: str) -> None:
        """Have one node started or stopped, as `control.ask` has it."""

    def log(self, node: str) -> Path:
        """A file with all that a node has said so far; a later one begins with the same bytes."""

    def logs(self) -> list[str]:
        """What there are logs of."""

    def last_lines(self, node: str, lines_max: int) -> list[str]:
        """The end of a node's log."""

    def follow(self, node: str) -> Iterator[str]:
        """What a node goes on saying, for ever."""
