"""A log for each step of a plan: ``07_heal_chat.log`` says when, what was seen, and what the nodes said meanwhile.

Whoever wants to know why a recovery took long finds the step that took it, with the lines of just those nodes and just
that time, and not the log of a whole day.
"""

import contextlib
import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from veigo.history import now
from veigo.plan import Step

# Of one node in one step: the first half of this and the last; what lies between them is left out, and said so.
NODE_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, slots=True)
class StepLogs:
    """Where a trial's steps are written down.

    Attributes:
        folder: the trial's folder.
        node_log: where a node writes what it has to say.
        nodes: whose words belong into the logs.
        tell: told what every step is about, as it begins.
    """

    folder: Path
    node_log: Callable[[str], Path]
    nodes: Sequence[str]
    tell: Callable[[Step], None]

    @contextlib.contextmanager
    def step(self, step: Step) -> Iterator[Callable[[str], None]]:
        """Carry a step out; what is given gets a sentence into its log."""
        self.tell(step)
        began_ns, _ = now()
        sizes = {node: _size(self.node_log(node)) for node in self.nodes}
        with (self.folder / step.log).open("w", encoding="utf-8") as file:

            def note(sentence: str) -> None:
                file.write(f"{_clock()} {(now()[0] - began_ns) / 1e9:8.3f} s  {sentence}\n")
                file.flush()

            note(step.says)
            try:
                yield note
            except BaseException as error:
                note(f"ended by {type(error).__name__}: {error}")
                if isinstance(error, Exception):
                    file.write(traceback.format_exc())
                raise
            else:
                note("done")
            finally:
                for node, size in sizes.items():
                    file.write(_said(node, self.node_log(node), size))


def _said(node: str, log: Path, since: int) -> str:
    """What a node has said since its log had that size."""
    try:
        with log.open("rb") as file:
            file.seek(since)
            said = file.read(NODE_BYTES_MAX // 2)
            left = max(0, _size(log) - since - NODE_BYTES_MAX)
            file.seek(left, os.SEEK_CUR)
            last = file.read(NODE_BYTES_MAX // 2)
    except FileNotFoundError:
        return ""
    if not said:
        return f"\n--- {node} said nothing\n"
    between = f"\n… {left:,} bytes more in {log}\n".encode() if left else b""
    return f"\n--- {node} said\n{(said + between + last).decode(errors='replace').rstrip()}\n"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _clock() -> str:
    return f"{datetime.now(UTC):%H:%M:%S.%f}"[:-3]
