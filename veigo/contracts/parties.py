"""Who promises a thing and who relies on it: the edges of the stack's table, narrowed to what the sources name.

The table says that realtime calls authentication; that of all its calls it makes `GetKeySet` only, its sources say. A
node's sources are its folder in `services/` and the shared modules beside it that it imports.
"""

import re
from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path

from veigo.stack.edge import Edge, Via

CLIENTS = "every client"


class Parties:
    """The parties of a stack's contracts, by what they speak over."""

    def __init__(self, edges: Iterable[Edge], root: Path) -> None:
        self._edges = tuple(edges)
        self._services = root / "services"
        self.names = cache(self._names)

    def callers(self, owner: str, rpc: str) -> tuple[str, ...]:
        """Who calls an RPC of a node."""
        return self._narrowed(owner, Via.GRPC, rpc)

    def readers(self, owner: str, topic: str) -> tuple[str, ...]:
        """Who reads a topic that carries a node's changes."""
        return self._narrowed(owner, Via.CDC, topic)

    def askers(self, policy: str) -> tuple[str, ...]:
        """Who asks OPA a policy."""
        return self._narrowed("opa", Via.HTTP, policy)

    @property
    def listeners(self) -> tuple[str, ...]:
        """Who hears the socket's frames: whoever dials realtime, and everybody beyond the gateway."""
        return (*self._towards("realtime", Via.WEBSOCKET), CLIENTS)

    @cached_property
    def _shared(self) -> dict[str, str]:
        return {path.stem: path.read_text(encoding="utf-8") for path in self._services.glob("*.py")}

    def _narrowed(self, owner: str, via: Via, name: str) -> tuple[str, ...]:
        return tuple(node for node in self._towards(owner, via) if self.names(node, name))

    def _towards(self, owner: str, via: Via) -> tuple[str, ...]:
        if via is Via.CDC:  # the change stream's edges point the way the changes go
            return tuple(edge.target for edge in self._edges if edge.via == via and edge.source == owner)
        return tuple(edge.source for edge in self._edges if edge.via == via and edge.target == owner)

    def _names(self, node: str, name: str) -> bool:
        """Whether a node's sources say this name."""
        own = "\n".join(path.read_text(encoding="utf-8") for path in sorted((self._services / node).rglob("*.py")))
        word = re.compile(rf"(?<![\w.]){re.escape(name)}\b|\.{re.escape(name)}\(")
        if word.search(own):
            return True
        imported = set(re.findall(r"from services\.(\w+) import|^from services import ([\w, ]+)", own, re.MULTILINE))
        modules = {part for found in imported for names in found for part in re.split(r",\s*", names) if part}
        return any(word.search(text) for module, text in self._shared.items() if module in modules)
