"""How many of each node: ``--scale gateway=2 realtime=3``. Replicas of ``chat`` are ``chat-2``, ``chat-3`` etc."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from veigo.stack.node import Node
from veigo.stack.problem import StackError
from veigo.stack.topology import REPLICAS_MAX, Topology

Scale = Mapping[str, int]


def read_scale(words: Iterable[str], topology: Topology) -> dict[str, int]:
    """Return the scale that ``NODE=COUNT`` words ask for, separated by commas or spaces.

    Raises:
        StackError: a word is none, names a node there is not, or one there can be only one of.
    """
    scale: dict[str, int] = {}
    for word in (part for words_ in words for part in words_.replace(",", " ").split()):
        name, separator, count = word.partition("=")
        if not separator or not count.isdecimal():
            raise StackError(f"--scale takes NODE=COUNT, such as chat=2; {word!r} is none")
        scale[name] = int(count)
    check_scale(scale, topology)
    return scale


def check_scale(scale: Scale, topology: Topology) -> None:
    """Refuse a scale that the table cannot have.

    Raises:
        StackError: one sentence.
    """
    able = {node.name: node for node in topology.nodes if node.replica is not None}
    for name, count in scale.items():
        if name not in able:
            raise StackError(f"there is one {name!r} at most; --scale takes {', '.join(able)}")
        if not 1 <= count <= REPLICAS_MAX:
            raise StackError(f"--scale {name}={count} is out of bounds; a stack has 1 to {REPLICAS_MAX} of each")


def scaled(topology: Topology, scale: Scale) -> Topology:
    """Return the table with so many of each node, replicas behind the first of their kind."""
    nodes = [each for node in topology.nodes for each in _replicated(node, scale.get(node.name, 1))]
    return topology if len(nodes) == len(topology.nodes) else replace(topology, nodes=tuple(nodes))


def _replicated(node: Node, count: int) -> list[Node]:
    make = node.replica
    if make is None or count == 1:
        return [node]
    return [node, *(replace(make(number), replica_of=node.name, replica=None) for number in range(2, count + 1))]


def kept_scale(folder: Path) -> dict[str, int]:
    """The scale the stack in this folder was given last; empty when none."""
    try:
        kept: dict[str, int] = json.loads((folder / "scale.json").read_text())
    except FileNotFoundError:
        return {}
    return kept


def keep_scale(folder: Path, scale: Scale) -> None:
    """Remember the scale for the next start."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scale.json").write_text(json.dumps(dict(scale)) + "\n")


def kept_proxied(folder: Path) -> bool:
    """Whether the stack in this folder was last asked to have proxies in its edges."""
    return (folder / "proxied").exists()


def keep_proxied(folder: Path, *, proxied: bool) -> None:
    """Remember that for the next start."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / "proxied"
    if proxied:
        mark.touch()
    else:
        mark.unlink(missing_ok=True)
