"""Who promises a thing and who relies on it: the edges of the stack's table, narrowed to what the code names.

The table says that realtime calls authentication; that of all its calls it makes `GetKeySet` only, its sources say. A
node's sources are its folder in `services/` and the shared modules beside it that it imports.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from veigo.stack.edge import Edge, Via

CLIENTS = "every client"


class Parties:
    """The parties of a stack's contracts, by what they speak over."""

    def __init__(self, edges: Iterable[Edge], root: Path) -> None:
        self._edges = tuple(edges)
        self._services = root / "services"
        self._named = cache(self._names)

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

    def _narrowed(self, owner: str, via: Via, name: str) -> tuple[str, ...]:
        return tuple(node for node in self._towards(owner, via) if name in self._named(node))

    def _towards(self, owner: str, via: Via) -> tuple[str, ...]:
        if via is Via.CDC:  # the change stream's edges point the way the changes go
            return tuple(edge.target for edge in self._edges if edge.via == via and edge.source == owner)
        return tuple(edge.source for edge in self._edges if edge.via == via and edge.target == owner)

    def _names(self, node: str) -> frozenset[str]:
        """What a node's own code and the shared modules that it imports name."""
        trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted((self._services / node).rglob("*.py"))]
        shared = {name for tree in trees for name in _imported(tree)}
        paths = [self._services / f"{name}.py" for name in sorted(shared)]
        trees += [ast.parse(path.read_text(encoding="utf-8")) for path in paths if path.is_file()]
        return frozenset(name for tree in trees for name in _said(tree))


def _imported(tree: ast.Module) -> Iterator[str]:
    """The modules directly in `services` that code imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "services":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("services."):
            yield (node.module or "").split(".")[1]


def _said(tree: ast.Module) -> Iterator[str]:
    """What code calls or writes out; what is said about it, in docstrings, does not count."""
    about = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in about:
            yield node.value
