"""What processes need: memory and processor time, read from the kernel, by the kind of node they belong to.

RSS counts a page that several processes share in each of them; PSS gives each its part, so only PSS can be added up.
What the kernel itself keeps for sockets belongs to no process: it is told for the whole machine, both ends included,
and only to root.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psutil

from veigo.stack.stack import Stack
from veigo.stack.state import NodeState, read_record

SLABS = Path("/proc/slabinfo")
SOCKET_SLABS = frozenset({"TCP", "sock_inode_cache", "filp", "eventpoll_epi"})  # what there is one of for each end


class Usage(msgspec.Struct, frozen=True):
    """What the processes of one kind need, all together.

    Attributes:
        processes: how many there are.
        rss_bytes: resident memory.
        pss_bytes: resident memory, shared pages counted once.
    """

    processes: int
    rss_bytes: int
    pss_bytes: int


def usage(pids: Sequence[int]) -> Usage:
    """Read what these processes need now."""
    memory = [psutil.Process(pid).memory_full_info() for pid in pids]
    return Usage(
        processes=len(pids),
        rss_bytes=sum(each.rss for each in memory),
        pss_bytes=sum(each.pss for each in memory),
    )


def cpu_s(pids: Sequence[int]) -> float:
    """Read the processor seconds so far of these processes together."""
    return sum(map(scheduled_s, pids))


def scheduled_s(pid: int) -> float:
    """Read the processor seconds so far, user and system, of all threads: the scheduler counts them in nanoseconds.

    A thread that ends while it is looked at counts no more, as one that ended before.
    """
    counted_ns = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            counted_ns += int(path.read_text().split()[0])
    return counted_ns / 1e9


def kernel_bytes() -> int | None:
    """Read what the kernel keeps for TCP sockets of the whole machine, buffers aside; None where it does not tell."""
    try:
        lines = [line.split() for line in SLABS.read_text().splitlines()]
    except OSError:
        return None
    return sum(int(words[1]) * int(words[3]) for words in lines if words[0] in SOCKET_SLABS)


def pids_by_kind(stack: Stack) -> dict[str, list[int]]:
    """Return the processes of a running stack's ready nodes by their kind, those they started included."""
    record = read_record(stack.state_file)
    assert record is not None, "the stack runs, so there is a record"
    kinds: dict[str, list[int]] = {}
    for node in stack.topology.nodes:
        known = record.nodes.get(node.name)
        if known is not None and known.process is not None and known.state is NodeState.READY:
            process = psutil.Process(known.process.pid)
            family = [process, *process.children(recursive=True)]
            kinds.setdefault(node.kind, []).extend(each.pid for each in family)
    return kinds
