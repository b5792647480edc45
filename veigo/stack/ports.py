"""Which ports a stack gets, and who is in the way when one is taken.

The default stack starts at 4000, where people expect it. Every named stack gets the first free block of a thousand
between 10 000 and 30 000 (below the range Linux hands out to outgoing connections) and keeps it in ``ports.json``.
"""

import json
import socket
from collections.abc import Callable, Iterable
from pathlib import Path

from veigo.stack.problem import StackError
from veigo.stack.topology import PORT_BLOCK, Topology

HOST = "127.0.0.1"
DEFAULT_NAME = "default"
DEFAULT_BASE = 4000
NAMED_BASES = range(10_000, 30_000, PORT_BLOCK)


def ports_of(topology: Topology, base: int) -> dict[int, str]:
    """Every port the stack takes when it starts at ``base``, with its owner."""
    return {base + offset: node.name for node in topology.nodes for offset in (node.offset, *node.more_offsets)}


def first_free_base(taken: Iterable[int], is_free: Callable[[int], bool]) -> int:
    """The first block whose base no other stack keeps and whose ports are free.

    Raises:
        StackError: all blocks are taken.
    """
    kept = set(taken)
    for base in NAMED_BASES:
        if not any(base < other + PORT_BLOCK and other < base + PORT_BLOCK for other in kept) and is_free(base):
            return base
    raise StackError(
        f"no free block of {PORT_BLOCK} ports between {NAMED_BASES[0]} and {NAMED_BASES.stop}; "
        "remove a stack with `veigo down --name NAME --purge`, or choose ports with --port-base"
    )


def is_port_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # As servers do: connections that linger in TIME_WAIT after a stop are not in the way.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
    return True


def holder_of(port: int) -> str:
    """Who listens on the port, as far as this account may see it: ``python (pid 4711)``."""
    import psutil

    try:
        listeners = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    except psutil.AccessDenied:
        return "another process"
    for connection in listeners:
        if connection.laddr and connection.laddr.port == port and connection.pid:
            return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return "a process of another account"


def kept_base(folder: Path) -> int | None:
    """The base the stack in this folder was given before, if any."""
    try:
        return int(json.loads((folder / "ports.json").read_text())["base"])
    except FileNotFoundError:
        return None


def settle_base(folder: Path, name: str, topology: Topology, wanted: int | None) -> int:
    """Decide where the stack's ports start, and keep the decision beside its state."""
    base = wanted or kept_base(folder) or (DEFAULT_BASE if name == DEFAULT_NAME else None)
    if base is None:
        others = [kept_base(other) for other in folder.parent.glob("*/") if other != folder]
        base = first_free_base(
            (other for other in others if other is not None),
            lambda candidate: all(is_port_free(port) for port in ports_of(topology, candidate)),
        )
    if not 1024 <= base <= 65535 - PORT_BLOCK:
        raise StackError(f"--port-base {base} leaves no room for {PORT_BLOCK} ports; take one between 1024 and 64535")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ports.json").write_text(json.dumps({"base": base}) + "\n")
    return base


def require_free(ports: dict[int, str]) -> None:
    """Raise StackError naming the first port in the way, its owner to be, and who holds it."""
    for port, node in ports.items():
        if not is_port_free(port):
            raise StackError(
                f"port {port}, which {node} needs, is taken by {holder_of(port)}; "
                "end that process, or start at other ports with --port-base"
            )
