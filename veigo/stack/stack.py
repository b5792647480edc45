"""One copy of the stack: a name, a folder for its state, its ports, its secrets.

Everything a node's functions need comes from here, so that a second stack beside the first is only another name. All
of it listens on the loopback interface only.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from veigo.stack.ports import DEFAULT_NAME, HOST, kept_base, ports_of, settle_base
from veigo.stack.problem import StackError
from veigo.stack.scale import Scale, check_scale, keep_proxied, keep_scale, kept_proxied, kept_scale, scaled
from veigo.stack.toolchain import Toolchain
from veigo.stack.topology import Topology
from veigo.stack.vault import Secrets

NAME_PATTERN = re.compile(r"[a-z][a-z0-9-]{0,30}")


def home_folder() -> Path:
    """Where stacks and tools live: ``$VEIGO_HOME``, else ``.veigo`` in the repository, else in the current folder."""
    if chosen := os.environ.get("VEIGO_HOME"):
        return Path(chosen).resolve()
    root = Path(__file__).resolve().parents[2]
    return (root if (root / "pyproject.toml").exists() else Path.cwd()) / ".veigo"


@dataclass(frozen=True)
class Stack:
    """Where one copy of the table lives.

    ``addresses`` says where nodes are that are not on this machine's ports; ``secrets_folder`` where passwords and keys
    are when they are not in the stack's folder.
    """

    topology: Topology
    toolchain: Toolchain
    base: int
    name: str = DEFAULT_NAME
    home: Path = field(default_factory=home_folder)
    addresses: Mapping[str, str] = field(default_factory=dict)
    secrets_folder: Path | None = None

    @classmethod
    def open(
        cls,
        topology: Topology,
        toolchain: Toolchain,
        *,
        name: str = DEFAULT_NAME,
        port_base: int | None = None,
        scale: Scale | None = None,
        proxied: bool | None = None,
    ) -> "Stack":
        """The stack of that name, with the ports and the scale it had before, or the first free ones and one of each.

        ``proxied`` puts the table's proxy into every edge, or takes it out again; None leaves that as it was.

        Raises:
            StackError: the name cannot be a folder's, no ports are free, or the table cannot be scaled so.
        """
        if not NAME_PATTERN.fullmatch(name):
            raise StackError(f"{name!r} cannot name a stack; use up to 31 of a–z, 0–9 and -, a letter first")
        home = home_folder()
        folder = home / "stacks" / name
        if scale is not None:
            check_scale(scale, topology)
            keep_scale(folder, scale)
        if proxied is not None:
            keep_proxied(folder, proxied=proxied)
        topology = _arranged(topology, folder)
        base = settle_base(folder, name, topology, port_base)
        return cls(topology=topology, toolchain=toolchain, base=base, name=name, home=home)

    @classmethod
    def existing(cls, topology: Topology, toolchain: Toolchain, name: str) -> "Stack | None":
        """The stack of that name if there ever was one; looking does not make it."""
        home = home_folder()
        folder = home / "stacks" / name
        base = kept_base(folder) if NAME_PATTERN.fullmatch(name) else None
        if base is None:
            return None
        topology = _arranged(topology, folder)
        return cls(topology=topology, toolchain=toolchain, base=base, name=name, home=home)

    @property
    def folder(self) -> Path:
        """Where all of this stack's state is; deleting it forgets the stack."""
        return self.home / "stacks" / self.name

    @property
    def state_file(self) -> Path:
        """What the runner says about the stack."""
        return self.folder / "state.json"

    @cached_property
    def secrets(self) -> Secrets:
        """Passwords and keys of this stack alone."""
        return Secrets(self.secrets_folder or self.folder / "secrets")

    def data(self, node: str) -> Path:
        """The folder a node keeps its data in, made when first asked for."""
        folder = self.folder / "data" / node
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def log(self, node: str) -> Path:
        """The file a node's output goes to."""
        folder = self.folder / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{node}.log"

    def port(self, node: str) -> int:
        """The port a node listens on."""
        return self.base + self.topology.node(node).offset

    @property
    def ports(self) -> dict[int, str]:
        """Every port the stack takes, with its owner."""
        return ports_of(self.topology, self.base)

    def address(self, node: str) -> str:
        """``host:port`` of a node, for somebody outside the table: a person, a probe, a job."""
        return self.addresses.get(node) or f"{HOST}:{self.port(node)}"

    def addresses_of(self, kind: str) -> str:
        """``host:port`` of every node of one kind with commas between, for somebody outside the table."""
        return ",".join(self.address(node.name) for node in self.topology.replicas(kind))

    def reach(self, source: str, target: str) -> str:
        """``host:port`` at which one node finds another, all of them with commas between; only along an edge.

        In a proxied stack that is the address of the proxy in between.
        """
        edge = self.topology.edge(source, target)
        if self.topology.proxied:
            proxies = [offset for other, _, offset in self.topology.proxies() if other == edge]
            return ",".join(f"{HOST}:{self.base + offset}" for offset in proxies)
        return ",".join(_beside(self.address(node.name), edge.beside) for node in self.topology.replicas(edge.target))


def _beside(address: str, ports: int) -> str:
    host, _, port = address.rpartition(":")
    return f"{host}:{int(port) + ports}"


def _arranged(topology: Topology, folder: Path) -> Topology:
    """The table as the stack in this folder was asked to have it."""
    topology = scaled(topology, kept_scale(folder))
    return topology.with_proxy() if kept_proxied(folder) else topology
