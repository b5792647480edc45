"""Over which processes, addresses and doors a crowd is spread, and whether this machine can hold it. Pure.

Three things run out, each at another count. A process may hold so many files. A TCP connection is told from others by
both addresses and both ports, so from one address to one door there are as many as there are local ports. And memory.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil

import msgspec

from veigo.stack.problem import StackError
from veigo.stack.topology import REPLICAS_MAX

FILES_KEPT_FREE = 200  # of a process's, for everything that is no socket of the crowd
HOLDER_SOCKETS_MAX = 15_000  # of one holder, however many files it may have: one of them is one core at most
PORTS_SHARE = 0.8  # of the local ports, what is relied upon: others use some, and closed ones are not free at once
SOURCES_MIN = 3
SOURCES_MAX = 200  # 127.0.0.2 to 127.0.0.201
SOCKET_BYTES = 80 * 1024  # what a socket may need on a machine that holds both its ends and a relay, kernel included
MEMORY_SHARE = 0.8  # of what is available

Door = tuple[str, int]


class Machine(msgspec.Struct, frozen=True):
    """What this machine allows.

    Attributes:
        files_max: open files of one process, at most.
        ports: local ports a client may be given.
        memory_bytes: available.
    """

    files_max: int
    ports: int
    memory_bytes: int


class Share(msgspec.Struct, frozen=True):
    """One holder's part of the crowd.

    Attributes:
        first: number of its first socket; they are numbered through all holders.
        sockets: how many.
    """

    first: int
    sockets: int


def shares(sockets: int, machine: Machine) -> list[Share]:
    """Return the parts of a crowd: as few as the limit of files allows, of equal size."""
    most = min(HOLDER_SOCKETS_MAX, machine.files_max - FILES_KEPT_FREE)
    holders = max(1, ceil(sockets / most))
    bounds = [sockets * part // holders for part in range(holders + 1)]
    return [Share(first, end - first) for first, end in pairwise(bounds)]


def sources(sockets: int, doors: int, machine: Machine) -> list[str]:
    """Return the local addresses to connect from: enough that the ports of each suffice, and several in any case."""
    needed = ceil(sockets / doors / (machine.ports * PORTS_SHARE))
    count = min(max(SOURCES_MIN, needed), SOURCES_MAX)
    return [f"127.0.0.{number}" for number in range(2, 2 + count)]


def source_and_door(number: int, sources: Sequence[str], doors: Sequence[Door]) -> tuple[str, Door]:
    """Return from where to where a socket goes: doors by turns, and each door from all addresses by turns."""
    turn, door = divmod(number, len(doors))
    return sources[turn % len(sources)], doors[door]


def check_machine(sockets: int, doors: int, machine: Machine) -> None:
    """Refuse a crowd this machine cannot hold.

    Raises:
        StackError: what is short, and what to do about it.
    """
    if machine.files_max <= 2 * FILES_KEPT_FREE:
        raise StackError(f"a process may open {machine.files_max} files here, too few for a crowd; raise `ulimit -n`")
    if sockets > doors * SOURCES_MAX * machine.ports * PORTS_SHARE:
        raise StackError(f"{machine.ports} local ports are too few; widen net.ipv4.ip_local_port_range")
    needed, have = sockets * SOCKET_BYTES, machine.memory_bytes * MEMORY_SHARE
    if needed > have:
        fit = int(have // SOCKET_BYTES)
        raise StackError(
            f"{sockets:,} sockets may need {needed / 2**30:.1f} GiB with both ends on this machine, and "
            f"{machine.memory_bytes / 2**30:.1f} GiB are available; hold {fit:,} at most"
        )


def room_in_stack(gateways: int, realtimes: int, files_max: int, sockets_max: int = 50_000) -> int:
    """Return how many sockets the stack's processes have files for: a gateway two for each, a realtime one."""
    free = files_max - FILES_KEPT_FREE
    return max(0, min(gateways * (free // 2), realtimes * min(free, sockets_max)))


def check_stack(sockets: int, gateways: int, realtimes: int, machine: Machine, sockets_max: int = 50_000) -> None:
    """Refuse a crowd that the stack's processes have too few files for.

    Raises:
        StackError: how many of each it takes, or that there cannot be so many.
    """
    most = room_in_stack(REPLICAS_MAX, REPLICAS_MAX, machine.files_max, sockets_max)
    if sockets > most:
        raise StackError(
            f"{sockets:,} sockets are too many for a stack on one machine, where a process may open "
            f"{machine.files_max:,} files and {REPLICAS_MAX} gateways are the most; hold {most:,} at most"
        )
    if sockets > room_in_stack(gateways, realtimes, machine.files_max, sockets_max):
        free = machine.files_max - FILES_KEPT_FREE
        gateways_needed, realtimes_needed = ceil(sockets / (free // 2)), ceil(sockets / min(free, sockets_max))
        scale = f"gateway={max(gateways, gateways_needed)} realtime={max(realtimes, realtimes_needed)}"
        raise StackError(
            f"{sockets:,} sockets need {gateways_needed} gateways and {realtimes_needed} realtimes, because a process "
            f"may open {machine.files_max:,} files here; `veigo down`, then `veigo up --scale {scale}`"
        )
