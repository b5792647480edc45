"""How busy each edge of the stack table is, from the spans that are expected to tell of it. Pure.

Only what leaves spans can be counted: an edge that is not told of has no rate, which is not the same as none.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from veigo.observability.expectations import Expectations
from veigo.stack.edge import Via
from veigo.stack.topology import Topology

Described = dict[str, list[dict[str, Any]]]


def described(topology: Topology, expectations: Expectations) -> str:
    """The table as JSON, for a process that is to draw it and shall not import it."""
    told = {(edge.source, edge.to, edge.via): edge.spans for edge in expectations.edges}
    return json.dumps(
        {
            "nodes": [{"name": node.name, "kind": node.kind, "does": node.does} for node in topology.nodes],
            "edges": [
                {
                    "source": edge.source,
                    "target": edge.target,
                    "via": edge.via,
                    "spans": [[span.node, span.name] for span in told.get((edge.source, edge.target, edge.via), ())],
                }
                for edge in topology.edges
            ],
        }
    )


def of_edges(
    table: Described, rates: Iterable[Mapping[str, Any]], deliveries_per_s: float | None
) -> list[dict[str, Any]]:
    """Each edge with its rate and failures a second, or null where nothing tells of it."""
    kinds = {node["name"]: node["kind"] for node in table["nodes"]}
    told = [(kinds.get(row["node"], row["node"]), str(row["span"]), row) for row in rates]
    edges = []
    for edge in table["edges"]:
        along = [row for kind, span, row in told if goes_along(edge, kind, span)]
        edges.append({name: edge[name] for name in ("source", "target", "via")} | _sums(along))
        if edge["via"] == Via.WEBSOCKET and deliveries_per_s is not None:
            edges[-1]["per_s"] = deliveries_per_s
    return edges


def goes_along(edge: Mapping[str, Any], kind: str, span: str) -> bool:
    """Whether a span of such a node stands for one use of the edge."""
    return any(kind == node and fnmatchcase(span, name) for node, name in edge["spans"])


def _sums(along: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    return {name: round(sum(row[name] for row in along), 3) if along else None for name in ("per_s", "failed_per_s")}
