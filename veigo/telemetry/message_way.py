"""One message's way, put together from the run store: what `veigo trace MESSAGE_ID` prints and `--json` gives."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from veigo.stack.alarms import lsn_text
from veigo.telemetry.completeness import BORDERS, HOPS, TraceSpan, flaw
from veigo.telemetry.journey import Asked
from veigo.telemetry.span_rows import rows as rows_of
from veigo.telemetry.told import unpacked_tellings

SLACK_US = 5_000_000  # around the message's hops: what was retried before it was stored, and the side path after it
ENDLESS_US = 2**62
_PACKED = "SELECT body FROM packed_spans WHERE last_us >= ? AND first_us <= ?"


class Hop(msgspec.Struct, frozen=True):
    """One stretch; it begins where the one before it ended, so the hops add up to the whole."""

    name: str
    began_ms: float
    took_ms: float | None


class SpanOnWay(msgspec.Struct, frozen=True):
    """A span, with its depth in the trace and what of its attributes a reader wants to know."""

    depth: int
    node: str
    name: str
    began_ms: float
    took_ms: float
    ok: bool
    about: str


class Receipt(msgspec.Struct, frozen=True):
    """Who had it, and when."""

    recipient: str
    connection: str
    after_ms: float


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the run store knows of a message. Times are milliseconds from when it was meant to be sent."""

    message_id: str
    room_id: str | None
    sequence: int | None
    trace_id: str | None
    sender_id: str | None
    sent_us: int | None
    acknowledged_ms: float | None
    broke_at: str | None
    broke_why: str | None
    policy: str | None
    data_version: int | None
    stale_answers: int
    topic: str | None
    partition: int | None
    offset: int | None
    lsn: str | None
    recipients: int | None
    replays: int
    hops: list[Hop]
    spans: list[SpanOnWay]
    receipts: list[Receipt]

    @property
    def last_ms(self) -> float:
        """When the last thing that is known of it ended."""
        ends = [span.began_ms + span.took_ms for span in self.spans] + [receipt.after_ms for receipt in self.receipts]
        return max(ends, default=0.0)


def way_of(store: Asked, message_id: str, *, live: bool = False) -> Way | None:
    """The way of a message, or None when nothing is known of it; in a live store its spans are packed."""
    found = store.rows("SELECT * FROM messages WHERE message_id = ?", [message_id])
    if not found:
        return None
    row = found[0]
    told = store.rows(
        """SELECT * FROM spans WHERE trace_id = ? AND (message_id IS NULL OR message_id = ?)
           ORDER BY start_us, end_us DESC""",
        [row["trace_id"] or "", message_id],
    )
    if live:
        told = sorted([*told, *still_packed(store, row)], key=lambda one: (one["start_us"], -one["end_us"]))
    received = store.rows("SELECT * FROM deliveries WHERE message_id = ? ORDER BY delivered_us", [message_id])
    began_us = _beginning(row, told)
    broken = flaw([TraceSpan(one["span_id"], one["parent_id"], one["name"], one["kind"]) for one in told], row)
    acked = row["acked_us"]
    return Way(
        **{name: row[name] for name in ("message_id", "room_id", "sequence", "trace_id", "sender_id", "sent_us")},
        **{name: row[name] for name in ("policy", "data_version", "topic", "partition", "offset", "recipients")},
        acknowledged_ms=None if acked is None else (acked - began_us) / 1000,
        broke_at=broken[0] if broken else None,
        broke_why=broken[1] if broken else None,
        stale_answers=row["retries"] or 0,
        lsn=None if row["lsn"] is None else lsn_text(row["lsn"]),
        replays=row["replays"] or 0,
        hops=hops_of(row, [one["delivered_us"] for one in received], began_us),
        spans=spans_of(told, began_us),
        receipts=[
            Receipt(one["recipient"], one["connection"], (one["delivered_us"] - began_us) / 1000) for one in received
        ],
    )


def still_packed(store: Asked, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The spans of a message that nobody has unpacked: found by the trace's id, wherever it stands in a body."""
    known = [time for name in BORDERS if (time := row[name]) is not None]
    if row["trace_id"] is None or not known:
        return []
    until_us = ENDLESS_US if row["replays"] else max(known) + SLACK_US
    bodies = store.rows(_PACKED, [min(known) - SLACK_US, until_us])
    spans = {
        span.span_id: span for one in bodies for span in rows_of(unpacked_tellings(one["body"], naming=row["trace_id"]))
    }
    mine = (span for span in spans.values() if span.trace_id == row["trace_id"])
    return [span._asdict() for span in mine if span.message_id in {None, row["message_id"]}]


def hops_of(row: Mapping[str, int | None], delivered_us: Sequence[int], began_us: int) -> list[Hop]:
    """The hops in their order, the delivery to the last member included; what has no end has no length."""
    ends = {**{name: row[name] for name in BORDERS}, "delivered_us": max(delivered_us, default=None)}
    hops = []
    for name, begins, ended in (*HOPS, ("delivery", "fanned_out_us", "delivered_us")):
        start, end = ends[begins], ends[ended]
        if start is not None:
            hops.append(Hop(name, (start - began_us) / 1000, None if end is None else (end - start) / 1000))
    return hops


def spans_of(told: Sequence[Mapping[str, Any]], began_us: int) -> list[SpanOnWay]:
    """The spans as a tree, each below its parent, in the order they began; orphans stand at the end, at depth 0."""
    children: dict[str | None, list[Mapping[str, Any]]] = defaultdict(list)
    ids = {one["span_id"] for one in told}
    for one in told:
        children[one["parent_id"] if one["parent_id"] in ids else None].append(one)
    in_order: list[SpanOnWay] = []
    waiting = [(0, one) for one in reversed(children[None])]
    while waiting:
        depth, one = waiting.pop()
        took_ms = (one["end_us"] - one["start_us"]) / 1000
        began_ms = (one["start_us"] - began_us) / 1000
        about = about_of(msgspec.json.decode(one["attributes"]))
        in_order.append(SpanOnWay(depth, one["node"], one["name"], began_ms, took_ms, one["ok"], about))
        waiting += [(depth + 1, child) for child in reversed(children[one["span_id"]])]
    return in_order


# Attributes that are worth a reader's attention, with the words around them.
TOLD = {
    "veigo.decision.outcome": "{}",
    "veigo.decision.data_version": "data version {}",
    "messaging.destination.partition.id": "partition {}",
    "messaging.kafka.offset": "offset {}",
    "veigo.recipients": "{} sockets",
    "veigo.recipient.id": "to {}",
    "veigo.batch.messages": "{} in the batch",
    "error.type": "failed: {}",
}


def about_of(attributes: Mapping[str, object]) -> str:
    """What a span's attributes say, in a few words."""
    told = [words.format(attributes[name]) for name, words in TOLD.items() if name in attributes]
    if attributes.get("veigo.decision.retries"):
        told.append(f"asked again {attributes['veigo.decision.retries']} times")
    return ", ".join(told)


def _beginning(row: Mapping[str, int | None], told: Sequence[Mapping[str, Any]]) -> int:
    known = [row["sent_us"], row["committed_us"], *(one["start_us"] for one in told)]
    return next((time for time in known if time is not None), 0)
