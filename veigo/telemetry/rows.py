"""The rows of the run store, in the order of the columns in `schema.sql`.

A message's row grows: every service knows a part of it. A `MessagePart` holds what one of them knows, and the store
puts parts together.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sized


class Facts(TypedDict, total=False):
    """What may be known of a message; what is not there is unknown."""

    room_id: str
    sequence: int
    trace_id: str
    sender_id: str
    sent_us: int
    acked_us: int
    committed_us: int
    captured_us: int
    appended_us: int
    received_us: int
    fanned_out_us: int
    topic: str
    partition: int
    offset: int
    lsn: int
    recipients: int
    policy: str
    data_version: int
    retries: int
    replays: int


FACTS = tuple(Facts.__annotations__)

# How facts come together of which a second part tells more: replicas each hand a message to their own sockets,
# and the first of them to have it is the one whose times count. Of any other, the first to tell is believed.
MERGED = {
    "sent_us": "least",
    "received_us": "least",
    "fanned_out_us": "least",
    "recipients": "sum",
    "retries": "sum",
    "replays": "sum",
}


@dataclass(slots=True)
class MessagePart:
    """What somebody knows about a message. Of twenty facts each knows a few, so only those are there."""

    message_id: str
    facts: Facts

    def add(self, other: "MessagePart") -> None:
        """Take in what another part of the same message tells, by the same rules as the store's."""
        mine: dict[str, Any] = self.facts  # type: ignore[assignment]
        theirs: dict[str, Any] = other.facts  # type: ignore[assignment]
        if "committed_us" in theirs and "committed_us" not in mine and "trace_id" in theirs:
            mine["trace_id"] = theirs["trace_id"]  # a send that is repeated may have several; the one stored goes on
        for name, value in theirs.items():
            if name not in mine:
                mine[name] = value
            elif name in MERGED:
                mine[name] = mine[name] + value if MERGED[name] == "sum" else min(mine[name], value)

    def row(self) -> tuple[object, ...]:
        """As a row of the store."""
        return (self.message_id, *map(self.facts.get, FACTS))


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


class PackedSpans(NamedTuple):
    """Spans as they came, which nobody has asked for yet.

    Attributes:
        first_us, last_us: when the first and the last of them began.
        spans: how many there are.
        body: as `packed.py` reads it.
    """

    first_us: int
    last_us: int
    spans: int
    body: bytes


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
    packed: list[PackedSpans] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def extend(self, other: "Batch") -> None:
        """Take another batch's rows in."""
        self.messages += other.messages
        self.deliveries += other.deliveries
        self.spans += other.spans
        self.packed += other.packed
        self.points += other.points
        self.faults += other.faults

    def slices(self, rows_max: int) -> "Iterator[Batch]":
        """The same rows in batches of that many of each table at most, so that writing one takes bounded memory."""
        tables: tuple[Sized, ...] = (
            self.messages,
            self.deliveries,
            self.spans,
            self.packed,
            self.points,
            self.faults,
        )
        for first in range(0, max(map(len, tables)), rows_max):
            part = slice(first, first + rows_max)
            yield Batch(
                self.messages[part],
                self.deliveries[part],
                self.spans[part],
                self.packed[part],
                self.points[part],
                self.faults[part],
            )

    @property
    def spans_count(self) -> int:
        """How many spans there are, packed ones included."""
        return len(self.spans) + sum(one.spans for one in self.packed)

    def __len__(self) -> int:
        """How many rows there are, packed spans included."""
        return len(self.messages) + len(self.deliveries) + self.spans_count + len(self.points) + len(self.faults)
