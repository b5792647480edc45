"""The rows of the run store, in the order of the columns in `schema.sql`.

A message's row grows: every service knows a part of it. A `MessagePart` holds what one of them knows, and the store
puts parts together.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class MessagePart(NamedTuple):
    """What somebody knows about a message; None is unknown. Of two who know, the first is believed; but see MERGED."""

    message_id: str
    room_id: str | None = None
    sequence: int | None = None
    trace_id: str | None = None
    sender_id: str | None = None
    sent_us: int | None = None
    acked_us: int | None = None
    committed_us: int | None = None
    captured_us: int | None = None
    appended_us: int | None = None
    received_us: int | None = None
    fanned_out_us: int | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    lsn: int | None = None
    recipients: int | None = None
    policy: str | None = None
    data_version: int | None = None
    retries: int | None = None
    replays: int | None = None


# How the columns come together of which a second part tells more: replicas each hand a message to their own sockets,
# and the first of them to have it is the one whose times count.
MERGED = {
    "sent_us": "least",
    "received_us": "least",
    "fanned_out_us": "least",
    "recipients": "sum",
    "retries": "sum",
    "replays": "sum",
}


def put_together(one: MessagePart, other: MessagePart) -> MessagePart:
    """Two parts of the same message as one, by the same rules as the store's."""
    both = [mine if mine is not None else theirs for mine, theirs in zip(one, other, strict=True)]
    for index, name in _MERGED_AT:
        mine, theirs = one[index], other[index]
        if mine is not None and theirs is not None:
            both[index] = mine + theirs if MERGED[name] == "sum" else min(mine, theirs)  # type: ignore[operator]
    if other.committed_us is not None and one.committed_us is None and other.trace_id is not None:
        both[_TRACE_AT] = other.trace_id  # a send that is repeated may have several; the one that was stored goes on
    return MessagePart._make(both)


_MERGED_AT = [(MessagePart._fields.index(name), name) for name in MERGED]
_TRACE_AT = MessagePart._fields.index("trace_id")


class Delivery(NamedTuple):
    """One member's socket received a message."""

    message_id: str
    recipient: str
    connection: str
    delivered_us: int


class Span(NamedTuple):
    """A span; `attributes` and `links` are JSON text."""

    trace_id: str
    span_id: str
    parent_id: str | None
    node: str
    name: str
    kind: str
    start_us: int
    end_us: int
    ok: bool
    message_id: str | None
    attributes: str
    links: str = "[]"


class Point(NamedTuple):
    """One sample of a metric; `labels` is JSON text."""

    at_us: int
    node: str
    metric: str
    labels: str
    value: float


class Fault(NamedTuple):
    """Something was broken on purpose; a later row of the same fault, node and beginning completes it."""

    fault: str
    node: str
    began_us: int
    felt_us: int | None = None
    healed_us: int | None = None


@dataclass(slots=True)
class Batch:
    """Rows that arrived together."""

    messages: list[MessagePart] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def extend(self, other: "Batch") -> None:
        """Take another batch's rows in."""
        self.messages += other.messages
        self.deliveries += other.deliveries
        self.spans += other.spans
        self.points += other.points
        self.faults += other.faults

    def slices(self, rows_max: int) -> "Iterator[Batch]":
        """The same rows in batches of that many of each table at most, so that writing one takes bounded memory."""
        longest = max(len(self.messages), len(self.deliveries), len(self.spans), len(self.points), len(self.faults))
        for first in range(0, longest, rows_max):
            part = slice(first, first + rows_max)
            yield Batch(
                self.messages[part], self.deliveries[part], self.spans[part], self.points[part], self.faults[part]
            )

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.messages) + len(self.deliveries) + len(self.spans) + len(self.points) + len(self.faults)
