"""The expected spans and metrics of every node and edge, read from `observability/expected/NODE.toml`.

Everything that watches the stack derives from them: the check of a run, the rates on the journey page's edges, the
Grafana dashboards and the Prometheus rules. What the fields mean stands in `observability/README.md`.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from veigo.stack.problem import StackError
from veigo.stack.topology import Topology


class When(StrEnum):
    """How surely a run brings something: for each message, always, or only when somebody asks for it."""

    MESSAGE = "message"
    ALWAYS = "always"
    USED = "used"


class Of(StrEnum):
    """Of which nodes a metric is told: of the one that tells it, of those with spans, or of all."""

    ITSELF = "itself"
    SPANS = "spans"
    NODES = "nodes"


@dataclass(frozen=True, slots=True)
class Span:
    """Spans of one kind; `name` may end in `*`."""

    name: str
    kind: str
    when: When = When.USED
    hop: str | None = None

    def stands_for(self, name: str, kind: str) -> bool:
        """Whether it expects a span of that name and kind."""
        return kind == self.kind and fnmatchcase(name, self.name)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric, by its OpenTelemetry name; `unit` in UCUM."""

    name: str
    kind: str
    unit: str = ""
    labels: tuple[str, ...] = ()
    when: When = When.ALWAYS
    of: Of = Of.ITSELF


@dataclass(frozen=True, slots=True)
class Told:
    """A node's spans that stand for one use each of an edge."""

    node: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class EdgeExpectation:
    """How the use of an edge can be told: by spans, or not, and then why."""

    source: str
    to: str
    via: str
    spans: tuple[Told, ...] = ()
    silent: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """A Prometheus alert; `does` says what to do about it."""

    name: str
    expr: str
    severity: str
    summary: str
    does: str
    lasting: str = "0s"


@dataclass(frozen=True, slots=True)
class Objective:
    """What is promised of all events; `bad` and `all` are PromQL with `$window`."""

    name: str
    says: str
    target: float
    bad: str
    all: str


@dataclass(frozen=True, slots=True)
class NodeExpectation:
    """What one kind of node tells; `silent` says why it tells nothing."""

    kind: str
    silent: str = ""
    outside: bool = False
    spans: tuple[Span, ...] = ()
    metrics: tuple[Metric, ...] = ()
    edges: tuple[EdgeExpectation, ...] = ()
    alerts: tuple[Alert, ...] = ()
    objectives: tuple[Objective, ...] = ()


class Expectations:
    """Of all nodes, in the order of their names."""

    def __init__(self, nodes: Iterable[NodeExpectation]) -> None:
        self.nodes = {node.kind: node for node in nodes}

    @property
    def edges(self) -> Iterator[EdgeExpectation]:
        """Of every node."""
        return (edge for node in self.nodes.values() for edge in node.edges)

    @property
    def alerts(self) -> Iterator[Alert]:
        """Of every node."""
        return (alert for node in self.nodes.values() for alert in node.alerts)

    @property
    def objectives(self) -> Iterator[Objective]:
        """Of every node."""
        return (objective for node in self.nodes.values() for objective in node.objectives)

    @property
    def metrics(self) -> dict[str, Metric]:
        """Each metric once, whoever tells it."""
        return {metric.name: metric for node in self.nodes.values() for metric in node.metrics}

    def metrics_about(self, kind: str) -> Iterator[Metric]:
        """The metrics told of a kind of node, by itself or by another."""
        for node in self.nodes.values():
            for metric in node.metrics:
                match metric.of:
                    case Of.ITSELF if node.kind == kind:
                        yield metric
                    case Of.SPANS if kind in self.nodes and self.nodes[kind].spans:
                        yield metric
                    case Of.NODES if kind in self.nodes and not self.nodes[kind].outside:
                        yield metric

    def problems(self, topology: Topology) -> list[str]:
        """What of the stack table has no expectations, and what is expected of nothing in it."""
        kinds = {node.kind for node in topology.nodes}
        wanted = {(edge.source, edge.target, str(edge.via)) for edge in topology.edges}
        there = {(edge.source, edge.to, edge.via) for edge in self.edges}
        return [
            *(f"node {kind} has no expectations; write {kind}.toml" for kind in sorted(kinds - self.nodes.keys())),
            *(
                f"{node.kind}.toml is about no node of the stack"
                for node in self.nodes.values()
                if node.kind not in kinds and not node.outside
            ),
            *(f"edge {' → '.join(edge[:2])} by {edge[2]} has no expectations" for edge in sorted(wanted - there)),
            *(f"edge {' → '.join(edge[:2])} by {edge[2]} is not in the stack" for edge in sorted(there - wanted)),
            *self._groundless(),
        ]

    def _groundless(self) -> Iterator[str]:
        for node in self.nodes.values():
            if bool(node.silent) == bool(node.spans or node.metrics):
                yield f"{node.kind}.toml must either list spans or metrics, or say why it is silent"
        for edge in self.edges:
            if bool(edge.silent) == bool(edge.spans):
                yield f"edge {edge.source} → {edge.to} must either name spans, or say why it is silent"
            for told in edge.spans:
                spans = self.nodes[told.node].spans if told.node in self.nodes else ()
                if not any(told.name == span.name or span.stands_for(told.name, told.kind) for span in spans):
                    yield f"edge {edge.source} → {edge.to}: nobody expects {told.node} to tell {told.name!r}"


def read(folder: Path) -> Expectations:
    """Read the expectations of every node.

    Raises:
        StackError: a file cannot be read, or has a field that is not known.
    """
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise StackError(f"{folder} has no expectations; they are in observability/expected of the repository")
    return Expectations(_read_node(file) for file in files)


def _read_node(file: Path) -> NodeExpectation:
    kind = file.stem
    try:
        told: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        return NodeExpectation(
            kind=kind,
            spans=tuple(Span(**{**one, "when": When(one.get("when", "used"))}) for one in told.pop("spans", ())),
            metrics=tuple(_metric(one) for one in told.pop("metrics", ())),
            edges=tuple(_edge(kind, one) for one in told.pop("edges", ())),
            alerts=tuple(Alert(lasting=one.pop("for", "0s"), **one) for one in told.pop("alerts", ())),
            objectives=tuple(Objective(**one) for one in told.pop("objectives", ())),
            **told,
        )
    except (OSError, ValueError, TypeError) as error:
        raise StackError(f"{file} cannot be read as expectations: {error}") from error


def _metric(one: Mapping[str, Any]) -> Metric:
    chosen: dict[str, Any] = {"labels": tuple(one.get("labels", ()))}
    if "when" in one:
        chosen["when"] = When(one["when"])
    if "of" in one:
        chosen["of"] = Of(one["of"])
    return Metric(**{**one, **chosen})


def _edge(source: str, one: Mapping[str, Any]) -> EdgeExpectation:
    spans = tuple(Told(**told) for told in one.get("spans", ()))
    return EdgeExpectation(**{**one, "source": source, "spans": spans})
