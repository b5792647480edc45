"""Grafana dashboards from the expectations: what happens to messages, every edge, and every node.

They are written as Grafana's JSON model, the same bytes for the same expectations, and are provisioned as files.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from veigo.observability.expectations import EdgeExpectation, Expectations, Metric, Objective
from veigo.observability.rules import recorded
from veigo.stack.topology import Topology
from veigo.telemetry.prometheus import family_of

Json = dict[str, Any]

SOURCE = {"type": "prometheus", "uid": "veigo"}
SCHEMA_VERSION = 39  # of Grafana 11; later ones bring it up to their own
COLUMNS = 24
UNITS = {"s": "s", "By": "bytes", "": "short", "1": "percentunit"}
RATE = "[$__rate_interval]"
SPANS, FAILED, LATENCY = "veigo_span_duration_seconds", "veigo_span_failed_total", "veigo_message_latency_seconds"
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def dashboards(expectations: Expectations, topology: Topology) -> dict[str, str]:
    """Each dashboard's JSON by its file's name."""
    found = {
        "messages": dashboard("veigo-messages", "Veigo: messages", message_panels(expectations)),
        "edges": dashboard("veigo-edges", "Veigo: edges", edge_panels(expectations)),
        "nodes": dashboard("veigo-nodes", "Veigo: nodes", node_panels(expectations, topology)),
    }
    return {name: json.dumps(one, indent=1, ensure_ascii=False) + "\n" for name, one in found.items()}


def message_panels(expectations: Expectations) -> Iterator[Json]:
    """From the send to every socket: how many, how fast, where the time goes, and whether the promises hold."""
    yield row("Messages")
    sends = f"sum by (outcome) (rate(veigo_message_sends_total{RATE}))"
    yield graph("Sends per second", [(sends, "{{outcome}}")], "ops", about="refused: whoever may not, or asked wrongly")
    yield graph("Handed to every socket after", quantiles(LATENCY, 'until="fanned_out"'), "s", exemplars=True)
    yield graph("Received by the client after", quantiles(LATENCY, 'until="delivered"'), "s", exemplars=True)
    yield heat_map("How long until delivered", f'sum by (le) (increase({LATENCY}_bucket{{until="delivered"}}{RATE}))')
    yield row("Where the time goes")
    hops = [*hop_queries(expectations)]
    about = "gateway and chat until the answer; then change capture, one hop after the other"
    yield graph("Mean of each hop", hops, "s", stacked=True, width=COLUMNS, about=about)
    yield row("Promises")
    for objective in expectations.objectives:
        yield promise(objective)


def hop_queries(expectations: Expectations) -> Iterator[tuple[str, str]]:
    """The mean of the spans that are a message's hops one after the other, each told once."""
    told: set[str] = set()
    for node in ("gateway", "aggregator", "realtime"):
        for span in expectations.nodes[node].spans:
            if span.hop in ("gateway", "capture", "produce", "dwell", "fan-out") and span.hop not in told:
                told.add(span.hop)
                of = f'{{instance=~"{node}(-[0-9]+)?",span="{span.name}",kind="{span.kind}"}}{RATE}'
                yield f"sum(rate({SPANS}_sum{of})) / sum(rate({SPANS}_count{of}))", span.hop


def promise(objective: Objective) -> Json:
    """How much of its budget an objective burns, over the windows its alerts look at."""
    of = f'{{objective="{objective.name}"}}'
    queries = [(f"{recorded(window)}{of} / {1 - objective.target:.6g}", window) for window in ("5m", "1h", "6h")]
    title = f"{objective.name}: {objective.target:.1%} of {objective.says}"
    return graph(title, queries, "short", width=8, about="1: exactly the budget is used up; 14.4 for an hour pages")


def edge_panels(expectations: Expectations) -> Iterator[Json]:
    """Rate, errors and duration of every edge that is told of; why not, of the others."""
    for edge in expectations.edges:
        if edge.via == "otlp":
            continue
        yield row(f"{edge.source} → {edge.to} ({edge.via})")
        if not edge.spans:
            yield note(f"Nothing tells of this edge: {edge.silent}.")
            continue
        counts, failures, buckets = (selected(edge, name) for name in (f"{SPANS}_count", FAILED, f"{SPANS}_bucket"))
        yield graph("Per second", [(f"sum(rate({one}{RATE}))", "") for one in counts], "ops", width=8)
        yield graph("Failed per second", [(f"sum(rate({one}{RATE}))", "") for one in failures], "ops", width=8)
        queries = [
            (f"histogram_quantile({q}, sum by (le) (rate({one}{RATE})))", name)
            for one in buckets
            for name, q in QUANTILES.items()
        ]
        yield graph("Took", queries, "s", width=8, exemplars=True)


def selected(edge: EdgeExpectation, metric: str) -> list[str]:
    """The series of a metric that are of an edge."""
    return [
        f'{metric}{{instance=~"{told.node}(-[0-9]+)?",span=~"{pattern(told.name)}",kind="{told.kind}"}}'
        for told in edge.spans
    ]


def pattern(name: str) -> str:
    """A span's name as a regular expression in a PromQL string."""
    return name.replace(".", "[.]").replace("*", ".*")


def node_panels(expectations: Expectations, topology: Topology) -> Iterator[Json]:
    """Which nodes are ready, and every metric that is expected of each."""
    yield row("All nodes")
    yield states()
    told = ("veigo.span.duration", "veigo.span.failed", "veigo.node.ready", "veigo.message.latency")
    outside = (node.kind for node in expectations.nodes.values() if node.outside)
    for kind in dict.fromkeys([*(node.kind for node in topology.nodes), *outside]):
        metrics = [metric for metric in expectations.metrics_about(kind) if metric.name not in told]
        if metrics:
            yield row(kind)
            yield from (metric_panel(kind, metric) for metric in metrics)


def metric_panel(kind: str, metric: Metric) -> Json:
    """A gauge as it is, a counter per second."""
    of = f'{{instance=~"{kind}(-[0-9]+)?"}}'
    family = family_of(metric.name, metric.unit)
    expr = f"{family}{of}" if metric.kind == "gauge" else f"rate({family}_total{of}{RATE})"
    legend = " ".join(["{{instance}}", *(f"{{{{{label}}}}}" for label in metric.labels)])
    title = metric.name.removeprefix("veigo.").replace(".", " ").replace("_", " ")
    unit = UNITS[metric.unit] if metric.kind == "gauge" else "ops"
    return graph(title.capitalize(), [(expr, legend)], unit, width=8)


def quantiles(histogram: str, labels: str) -> list[tuple[str, str]]:
    """A query for each quantile."""
    return [
        (f"histogram_quantile({q}, sum by (le) (rate({histogram}_bucket{{{labels}}}{RATE})))", name)
        for name, q in QUANTILES.items()
    ]


def row(title: str) -> Json:
    """A heading."""
    return {"type": "row", "title": title, "collapsed": False, "panels": [], "size": (COLUMNS, 1)}


def note(text: str) -> Json:
    """Words."""
    return {"type": "text", "title": "", "options": {"mode": "markdown", "content": text}, "size": (COLUMNS, 2)}


def graph(
    title: str,
    queries: Iterable[tuple[str, str]],
    unit: str,
    *,
    width: int = 12,
    stacked: bool = False,
    exemplars: bool = False,
    about: str = "",
) -> Json:
    """Lines over time; `queries` are (PromQL, legend)."""
    custom: Json = {"fillOpacity": 60 if stacked else 8, "lineWidth": 1, "showPoints": "never"}
    if stacked:
        custom |= {"stacking": {"mode": "normal", "group": "A"}}
    return {
        "type": "timeseries",
        "title": title,
        "description": about,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0, "custom": custom}, "overrides": []},
        "options": {
            "tooltip": {"mode": "multi", "sort": "desc"},
            "legend": {"displayMode": "list", "placement": "bottom"},
        },
        "targets": [target(number, *query, exemplars=exemplars) for number, query in enumerate(queries)],
        "size": (width, 8),
    }


def heat_map(title: str, expr: str) -> Json:
    """A histogram over time, by its own buckets."""
    return {
        "type": "heatmap",
        "title": title,
        "datasource": SOURCE,
        "options": {
            "calculate": False,
            "yAxis": {"unit": "s"},
            "color": {"mode": "scheme", "scheme": "Blues", "steps": 64},
            "rowsFrame": {"layout": "auto"},
        },
        "targets": [target(0, expr, "{{le}}") | {"format": "heatmap"}],
        "size": (12, 8),
    }


def states() -> Json:
    """Which nodes were ready when."""
    ready = {"0": {"text": "down", "color": "red"}, "1": {"text": "ready", "color": "green"}}
    return {
        "type": "state-timeline",
        "title": "Ready",
        "datasource": SOURCE,
        "fieldConfig": {"defaults": {"mappings": [{"type": "value", "options": ready}]}, "overrides": []},
        "options": {"showValue": "never", "mergeValues": True, "rowHeight": 0.8},
        "targets": [target(0, "veigo_node_ready", "{{instance}}")],
        "size": (COLUMNS, 8),
    }


def target(number: int, expr: str, legend: str, *, exemplars: bool = False) -> Json:
    """One query of a panel."""
    told: Json = {
        "refId": chr(ord("A") + number),
        "datasource": SOURCE,
        "expr": expr,
        "legendFormat": legend or "__auto",
    }
    return told | ({"exemplar": True} if exemplars else {})


def dashboard(uid: str, title: str, panels: Iterable[Json]) -> Json:
    """Panels, laid out from left to right and down."""
    return {
        "uid": uid,
        "title": title,
        "tags": ["veigo"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "5s",
        "time": {"from": "now-15m", "to": "now"},
        "timezone": "browser",
        "panels": [*laid_out(panels)],
    }


def laid_out(panels: Iterable[Json]) -> Iterator[Json]:
    """Each with its place, and with a number of its own."""
    x = y = line = 0
    for number, panel in enumerate(panels, start=1):
        width, height = panel.pop("size")
        if x + width > COLUMNS:
            x, y, line = 0, y + line, 0
        yield {"id": number, **panel, "gridPos": {"x": x, "y": y, "w": width, "h": height}}
        x, line = x + width, max(line, height)
