"""Whether a run told what is expected of its nodes and edges: nothing missing, nothing unheard of.

Known gap: what a run never used (a rare RPC, a redelivery) is not missed; only what each message or any run brings is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from veigo.observability.expectations import EdgeExpectation, Expectations, Metric, NodeExpectation, When
from veigo.stack.topology import Topology
from veigo.telemetry.store import Store

# What a chart's name adds to the metric it is of; see `veigo/telemetry/measurements.py`.
SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "gauge": ("",),
    "counter": (".rate",),
    "histogram": (".rate", ".mean", ".p50", ".p99"),
}


@dataclass(frozen=True, slots=True)
class Emitted:
    """What a run told: spans as (node, name, kind), charts as (node, name), and how many messages there were."""

    messages: int
    spans: frozenset[tuple[str, str, str]]
    points: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Findings:
    """What is not as expected, one sentence each; without messages nothing could be."""

    messages: int
    problems: tuple[str, ...]

    @property
    def code(self) -> int:
        """The exit code: 0 as expected, 1 not, 2 there was nothing to look at."""
        return 1 if self.problems else 0 if self.messages else 2

    def __str__(self) -> str:
        if self.problems:
            return "\n".join(self.problems)
        if not self.messages:
            return "no message was sent, so nothing could be expected"
        return f"every node and edge told what is expected of it, over {self.messages:,} messages"


def emitted(store: Store) -> Emitted:
    """What a run store holds."""
    return Emitted(
        messages=store.rows("SELECT count(*) AS n FROM messages WHERE acked_us IS NOT NULL")[0]["n"],
        spans=frozenset(store.tuples("SELECT DISTINCT node, name, kind FROM spans")),
        points=frozenset(store.tuples("SELECT DISTINCT node, metric FROM points")),
    )


def findings(expectations: Expectations, topology: Topology, told: Emitted) -> Findings:
    """Hold what was told against what is expected."""
    if not told.messages:
        return Findings(0, tuple(expectations.problems(topology)))
    kinds = {node.name: node.kind for node in topology.nodes}
    outside = {kind for kind, node in expectations.nodes.items() if node.outside}
    spans = {(kinds.get(node, node), name, kind) for node, name, kind in told.spans}
    points = {(kinds.get(node, node), name) for node, name in told.points}
    strangers = {node for node, *_ in (*told.spans, *told.points)} - kinds.keys() - outside
    problems = [
        *expectations.problems(topology),
        *(f"{node} tells, and is no node of the stack" for node in sorted(strangers)),
        *(sentence for node in expectations.nodes.values() for sentence in _of_node(expectations, node, spans, points)),
        *(sentence for edge in expectations.edges for sentence in _of_edge(expectations, edge, spans)),
        *_mute(expectations, topology, told),
    ]
    return Findings(told.messages, tuple(problems))


def _of_node(
    expectations: Expectations,
    node: NodeExpectation,
    spans: Iterable[tuple[str, str, str]],
    points: set[tuple[str, str]],
) -> Iterator[str]:
    mine = sorted({(name, kind) for of, name, kind in spans if of == node.kind})
    for expected in node.spans:
        if expected.when is not When.USED and not any(expected.stands_for(*span) for span in mine):
            yield f"{node.kind} told no {expected.kind} span {expected.name!r}"
    for name, kind in mine:
        if not any(expected.stands_for(name, kind) for expected in node.spans):
            yield f"{node.kind} told a {kind} span {name!r}, which nobody expects of it"
    metrics = tuple(expectations.metrics_about(node.kind))
    charts = {name for of, name in points if of == node.kind}
    known = {chart for metric in metrics for chart in charts_of(metric)}
    yield from (f"{node.kind} told {name!r}, which nobody expects of it" for name in sorted(charts - known))
    for metric in metrics:
        if metric.when is When.ALWAYS and charts.isdisjoint(charts_of(metric)):
            yield f"{node.kind} told nothing of {metric.name!r}"


def _of_edge(expectations: Expectations, edge: EdgeExpectation, spans: set[tuple[str, str, str]]) -> Iterator[str]:
    """An edge that every message takes must have been taken."""
    for told in edge.spans:
        node = expectations.nodes.get(told.node)
        each = node is not None and any(
            span.when is When.MESSAGE and span.stands_for(told.name, told.kind) for span in node.spans
        )
        if each and (told.node, told.name, told.kind) not in spans:
            yield f"edge {edge.source} → {edge.to}: {told.node} told no {told.name!r}"


def _mute(expectations: Expectations, topology: Topology, told: Emitted) -> Iterator[str]:
    """A replica that says nothing at all, though its like are expected to."""
    heard = {node for node, *_ in (*told.spans, *told.points)}
    for node in topology.nodes:
        expected = expectations.nodes.get(node.kind)
        if expected is not None and not expected.silent and expected.spans and node.name not in heard:
            yield f"{node.name} told nothing at all"


def charts_of(metric: Metric) -> set[str]:
    """The names under which a metric is kept in a run store."""
    return {metric.name + suffix for suffix in SUFFIXES[metric.kind]}
