"""What processes need: memory and processor time, read from the kernel, by the kind of node they belong to.

RSS counts a page that several processes share in each of them; PSS gives each its part, so only PSS can be added up.
What the kernel itself keeps for sockets belongs to no process: it is told for the whole machine, both ends included,
and only to root.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import psutil

from veigo.stack.stack import Stack
from veigo.stack.state import read_record

SLABS = Path("/proc/slabinfo")
SOCKET_SLABS = frozenset({"TCP", "sock_inode_cache", "filp", "eventpoll_epi"})  # what there is one of for each end


class Usage(msgspec.Struct, frozen=True):
    """What the processes of one kind need, all together.

    Attributes:
        processes: how many there are.
        rss_bytes: resident memory.
        pss_bytes: resident memory, shared pages counted once.
        cpu_s: processor seconds so far, user and system.
    """

    processes: int
    rss_bytes: int
    pss_bytes: int
    cpu_s: float


def usage(pids: Sequence[int]) -> Usage:
    """Read what these processes need now."""
    processes = [psutil.Process(pid) for pid in pids]
    memory = [process.memory_full_info() for process in processes]
    times = [process.cpu_times() for process in processes]
    return Usage(
        processes=len(processes),
        rss_bytes=sum(each.rss for each in memory),
        pss_bytes=sum(each.pss for each in memory),
        cpu_s=sum(each.user + each.system for each in times),
    )


def cpu_s(pids: Sequence[int]) -> float:
    """Read only the processor seconds, which costs nothing."""
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return float(sum(each.user + each.system for each in times))


def kernel_bytes() -> int | None:
    """Read what the kernel keeps for TCP sockets of the whole machine, buffers aside; None where it does not tell."""
    try:
        lines = [line.split() for line in SLABS.read_text().splitlines()]
    except OSError:
        return None
    return sum(int(words[1]) * int(words[3]) for words in lines if words[0] in SOCKET_SLABS)


def pids_by_kind(stack: Stack) -> Mapping[str, list[int]]:
    """Return the processes of a running stack by the kind of node, those they started included."""
    record = read_record(stack.state_file)
    assert record is not None, "the stack runs, so there is a record"
    kinds: dict[str, list[int]] = {}
    for node in stack.topology.nodes:
        identity = record.nodes[node.name].process if node.name in record.nodes else None
        if identity is not None:
            process = psutil.Process(identity.pid)
            family = [process, *process.children(recursive=True)]
            kinds.setdefault(node.kind, []).extend(each.pid for each in family)
    return kinds
