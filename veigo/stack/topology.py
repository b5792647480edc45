"""The stack as one table: its nodes in data-flow order, its jobs, and every edge between them.

Ports, start order, addresses, the diagram and the lists of contracts and traces derive from it. Whatever is not in the
table does not exist: a node asks for another's address by naming the edge, and an edge that is not there is refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from veigo.stack.edge import Edge
from veigo.stack.node import Job, Node, Step

PORT_BLOCK = 1000  # how many ports one stack may spread over, counted from its first
REPLICAS_MAX = 9  # of one kind; their ports follow the first one's
# Proxies listen from the 20th port of every hundred on, where no node does.
PROXY_OFFSET = 20
PROXIES_PER_HUNDRED = 30


class TableError(Exception):
    """The table contradicts itself; the message names the entry to correct."""


@dataclass(frozen=True)
class Topology:
    """Nodes, jobs and edges, checked when the table is made."""

    nodes: tuple[Node, ...]
    jobs: tuple[Job, ...]
    edges: tuple[Edge, ...]
    # The node that can stand in every dialled edge, and whether it does.
    proxy: Node | None = None
    proxied: bool = False

    def __post_init__(self) -> None:
        """Refuse a table that contradicts itself."""
        check_names(self)
        check_ports(self)
        check_edges(self)
        start_order(self.steps.values())
        order({node.name: self.users(node.name) for node in self.nodes}, "stop")

    @cached_property
    def steps(self) -> dict[str, Step]:
        """Nodes and jobs by name, in table order."""
        steps: list[Step] = [*self.nodes, *self.jobs]
        return {step.name: step for step in steps}

    def node(self, name: str) -> Node:
        """The node of that name.

        Raises:
            KeyError: no such node; the message lists those there are.
        """
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(f"no node is called {name!r}; there are {', '.join(node.name for node in self.nodes)}")

    def edge(self, source: str, target: str) -> Edge:
        """The dialled edge between two nodes.

        Raises:
            TableError: the source dials a target that the table does not let it talk to.
        """
        kinds = (self.kind(source), self.kind(target))
        for edge in self.edges:
            if (edge.source, edge.target) == kinds and edge.dialled:
                return edge
        raise TableError(f"{source} has no edge to {target}; add Edge({source!r}, {target!r}, via=…) to stack/table.py")

    def users(self, name: str) -> set[str]:
        """The nodes that dial this one; they are stopped before it."""
        through_it = self.proxied and self.proxy is not None and name == self.proxy.name
        targets = {edge.target for edge in self.edges} if through_it else {self.kind(name)}
        kinds = {edge.source for edge in self.edges if edge.target in targets and edge.dialled}
        return {node.name for node in self.nodes if node.kind in kinds}

    def kind(self, name: str) -> str:
        """What the node of that name is a replica of, which is itself for the first of its kind."""
        return next((node.kind for node in self.nodes if node.name == name), name)

    def replicas(self, kind: str) -> tuple[Node, ...]:
        """The nodes of one kind, the first one first."""
        return tuple(node for node in self.nodes if node.kind == kind)

    def with_proxy(self) -> "Topology":
        """The table with its proxy in every dialled edge: whoever dials waits for it, and ends before it.

        Raises:
            TableError: it has none.
        """
        if self.proxy is None:
            raise TableError("the table has no proxy to put into its edges")
        sources = {edge.source for edge in self.edges if edge.dialled}
        waiting = [
            replace(node, after=(*node.after, self.proxy.name)) if node.kind in sources else node for node in self.nodes
        ]
        proxy = replace(self.proxy, more_offsets=tuple(offset for _, _, offset in self.proxies()))
        return replace(self, nodes=(*waiting, proxy), proxied=True)

    def proxies(self) -> Iterator[tuple[Edge, Node, int]]:
        """Every dialled edge with each node at its end, and the port offset of the proxy between them."""
        for number, edge in enumerate(self.edges):
            for replica, node in enumerate(self.replicas(edge.target)):
                if edge.dialled:
                    hundred, rest = divmod(number * REPLICAS_MAX + replica, PROXIES_PER_HUNDRED)
                    yield edge, node, 100 * hundred + PROXY_OFFSET + rest

    def only(self, names: set[str]) -> tuple[Step, ...]:
        """The named steps with everything that must run before them, in table order."""
        wanted: set[str] = set()
        open_names = list(names)
        while open_names:
            name = open_names.pop()
            if name not in self.steps:
                raise TableError(f"the stack has no {name!r}; it has {', '.join(self.steps)}")
            if name not in wanted:
                wanted.add(name)
                open_names += self.steps[name].after
        return tuple(step for step in self.steps.values() if step.name in wanted)

    def mermaid(self) -> str:
        """The table as a Mermaid flowchart; edges that go through the change stream are dotted."""
        lines = ["flowchart LR"]
        for edge in self.edges:
            arrow = f"-->|{edge.via}|" if edge.dialled else f"-.->|{edge.via}|"
            lines.append(f"    {edge.source} {arrow} {edge.target}")
        return "\n".join(lines)


def start_order(steps: Iterable[Step]) -> list[str]:
    """Names in an order in which each comes after all it waits for; ties keep the order given."""
    return order({step.name: set(step.after) for step in steps}, "start")


def order(after: Mapping[str, set[str]], what: str) -> list[str]:
    """Names, each after those it must come after.

    Raises:
        TableError: some wait for each other, or one waits for a name that is not there.
    """
    for name, others in after.items():
        if unknown := sorted(others - after.keys()):
            raise TableError(f"{name} must {what} after {', '.join(unknown)}, which the table does not have")
    result: list[str] = []
    waiting = dict(after)
    while waiting:
        free = [name for name, others in waiting.items() if others <= set(result)]
        if not free:
            raise TableError(f"{', '.join(sorted(waiting))} would {what} after each other; remove one of their edges")
        result += free
        waiting = {name: others for name, others in waiting.items() if name not in free}
    return result


def check_names(topology: Topology) -> None:
    """Refuse two steps of one name."""
    names = [node.name for node in topology.nodes] + [job.name for job in topology.jobs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise TableError(f"{', '.join(twice)} is in the table twice")


def check_ports(topology: Topology) -> None:
    """Refuse a port that two nodes claim, or one outside the block every stack gets."""
    owners: dict[int, str] = {}
    for node in topology.nodes:
        for offset in (node.offset, *node.more_offsets):
            if not 0 <= offset < PORT_BLOCK:
                raise TableError(f"{node.name}'s port offset {offset} is outside 0–{PORT_BLOCK - 1}")
            if offset in owners:
                raise TableError(f"{node.name} and {owners[offset]} both claim port offset {offset}")
            owners[offset] = node.name


def check_edges(topology: Topology) -> None:
    """Refuse edges that are there twice or touch a node that is not."""
    names = {node.name for node in topology.nodes}
    seen: set[Edge] = set()
    for edge in topology.edges:
        if unknown := {edge.source, edge.target} - names:
            raise TableError(f"{edge} touches {', '.join(sorted(unknown))}, which is no node")
        if edge in seen:
            raise TableError(f"{edge} is in the table twice")
        seen.add(edge)
