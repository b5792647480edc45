"""How busy each edge of the stack table is, from the spans of the nodes at its ends. Pure.

Only what leaves spans can be counted: an edge that is not told of has no rate, which is not the same as none.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from veigo.stack.edge import Via
from veigo.stack.topology import Topology

Described = dict[str, list[dict[str, str]]]

# Debezium tells nothing itself. Whoever reads a record tells of its way there, and every realtime reads all of them.
READS_ONCE = "aggregator"
SQL = ("INSERT ", "SELECT ", "UPDATE ", "DELETE ")


def described(topology: Topology) -> str:
    """The table as JSON, for a process that is to draw it and shall not import it."""
    return json.dumps(
        {
            "nodes": [{"name": node.name, "kind": node.kind, "does": node.does} for node in topology.nodes],
            "edges": [{"source": edge.source, "target": edge.target, "via": edge.via} for edge in topology.edges],
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
        edges.append(dict(edge) | _sums(along))
        if edge["via"] == Via.WEBSOCKET and deliveries_per_s is not None:
            edges[-1]["per_s"] = deliveries_per_s
    return edges


def goes_along(edge: Mapping[str, str], kind: str, span: str) -> bool:
    """Whether a span of such a node stands for one use of the edge."""
    source, target = edge["source"], edge["target"]
    match edge["via"]:
        case Via.GRPC:
            return kind == source and span.startswith(f"veigo.{target}.")
        case Via.HTTP:
            return kind == source and f" {target} " in f"{span} "
        case Via.SQL:
            return kind == source and span.startswith(SQL)
        case Via.MONGODB:
            return kind == source and span.startswith("mongo ")
        case Via.REPLICATION:
            return kind == READS_ONCE and span == "cdc capture"
        case Via.KAFKA if source == "connect":
            return kind == READS_ONCE and span == "kafka produce"
        case Via.KAFKA:
            return kind == source and span in ("kafka dwell", "project")
        case _:
            return False


def _sums(along: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    return {name: round(sum(row[name] for row in along), 3) if along else None for name in ("per_s", "failed_per_s")}
