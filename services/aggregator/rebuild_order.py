"""An order to make the read model anew: one document, written by whoever asks, deleted when it is carried out.

The aggregator at work is the only one who ever writes the read model, a rebuild included. So an order can come at any
time, whoever dies meanwhile begins again from it, and an order that replaces another is simply the one to carry out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ORDERS = "orders"
REBUILD = "rebuild"  # the only order there can be

Positions = dict[tuple[str, int], int]


@dataclass(frozen=True, slots=True)
class RebuildOrder:
    """From what to make the read model anew.

    Attributes:
        snapshot: the topic with the rows to begin with; None to begin with the log's first record.
        end: how many records it has.
        positions: where to go on in the log after it: a place that every row of the snapshot is younger than.
    """

    snapshot: str | None = None
    end: int = 0
    positions: Positions = field(default_factory=dict)


def order_in(document: Mapping[str, Any] | None) -> RebuildOrder | None:
    """The order that a document says, None when there is none."""
    if document is None:
        return None
    positions = {(each["topic"], each["partition"]): each["next"] for each in document.get("positions", ())}
    return RebuildOrder(document.get("snapshot"), document.get("end", 0), positions)
