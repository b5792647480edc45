"""How `veigo trace` looks: sentences first, then a table of hops, the waterfall of spans, and who had it when."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from veigo.commands.display import complain, console, say
from veigo.telemetry.completeness import Completeness, completeness
from veigo.telemetry.message_way import Way, way_of

if TYPE_CHECKING:
    from veigo.telemetry.store import Store

BAR_CELLS = 32
SHOWN_MAX = 20  # recipients, broken messages; --json gives all of them
EIGHTHS = " ▏▎▍▌▋▊▉█"
SLOWEST = """
    WITH received AS (
        SELECT message_id, count(*) AS received, max(delivered_us) AS last_us FROM deliveries GROUP BY message_id)
    SELECT message_id, room_id, sequence, sent_us, received,
        (last_us - sent_us) / 1000 AS delivered_ms,
        (committed_us - sent_us) / 1000 AS gateway_and_chat_ms,
        (captured_us - committed_us) / 1000 AS capture_ms,
        (appended_us - captured_us) / 1000 AS produce_ms,
        (received_us - appended_us) / 1000 AS dwell_ms,
        (fanned_out_us - received_us) / 1000 AS fan_out_ms,
        (last_us - fanned_out_us) / 1000 AS delivery_ms
    FROM messages JOIN received USING (message_id) WHERE sent_us IS NOT NULL
    ORDER BY delivered_ms DESC, message_id LIMIT ?"""
HOPS = ("gateway_and_chat", "capture", "produce", "dwell", "fan_out", "delivery")


def message(store: "Store", asked: str, *, as_json: bool, live: bool = False) -> int:
    """Print one message's way; 0 when its trace is whole, 1 when it is not, 2 when there is no such message."""
    found = store.tuples("SELECT message_id FROM messages WHERE starts_with(message_id, ?) LIMIT 3", [asked])
    way = way_of(store, found[0][0], live=live) if len(found) == 1 else None
    if way is None:
        ids = ", ".join(row[0] for row in found)
        complain(f"{asked} is the beginning of several messages: {ids}, …" if found else f"no message {asked} is known")
        return 2
    if as_json:
        _json(way)
    else:
        _say_way(way)
    return 0 if way.broke_at is None else 1


def check(store: "Store", *, as_json: bool, only_broken: bool) -> int:
    """Print the figure; 0 when every trace is whole, 1 when not, 2 when there is no message."""
    found = completeness(store)
    if as_json:
        _json(
            {
                "messages": found.messages,
                "complete": found.messages - len(found.broken),
                "broken": [{"message_id": one.message_id, "at": one.at, "why": one.why} for one in found.broken],
            }
        )
    else:
        if not only_broken or not found.broken:
            say(str(found))
        _say_broken(found)
    return 2 if not found.messages else 1 if found.broken else 0


def expected(store: "Store", *, as_json: bool) -> int:
    """Print what nodes and edges did not tell as expected, or that they did."""
    from stack.collector import EXPECTED
    from stack.table import TOPOLOGY
    from veigo.observability.emitted import emitted, findings
    from veigo.observability.expectations import read

    found = findings(read(EXPECTED), TOPOLOGY, emitted(store))
    if as_json:
        _json({"messages": found.messages, "problems": found.problems})
    else:
        say(str(found))
    return found.code


def slowest(store: "Store", count: int, *, as_json: bool) -> int:
    """Print the messages whose last member waited longest; 2 when there are none."""
    rows = store.rows(SLOWEST, [count])
    if as_json:
        _json(rows)
    elif not rows:
        say("no message was received by anybody, as far as is known here")
    else:
        _say_slowest(rows)
    return 0 if rows else 2


def _say_broken(found: Completeness) -> None:
    for one in found.broken[:SHOWN_MAX]:
        say(f"  {one}")
    if len(found.broken) > SHOWN_MAX:
        say(f"  and {len(found.broken) - SHOWN_MAX:,} more; --json names them all")


def _say_slowest(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("message", no_wrap=True)
    table.add_column("sent at", no_wrap=True)
    for heading in ("delivered", *HOPS):
        table.add_column(heading.replace("_", " "), justify="right", no_wrap=heading == "delivered")
    for row in rows:
        times = [row[f"{hop}_ms"] for hop in HOPS]
        longest = max((time for time in times if time is not None), default=None)
        cells = [f"[bold yellow]{_ms(time)}[/]" if time == longest else _ms(time) for time in times]
        table.add_row(row["message_id"], _clock(row["sent_us"]), f"[bold]{_ms(row['delivered_ms'])}[/]", *cells)
    console().print(table)
    say()
    say("Times in ms; a message's longest hop stands out. `veigo trace MESSAGE` follows one.")


def _say_way(way: Way) -> None:
    for line in headline(way):
        say(line)
    whole_ms = way.last_ms or 1.0
    say()
    say(f"  {'hop':<18}{'from':>9}{'took':>9}   ms")
    for hop in way.hops:
        took = "?" if hop.took_ms is None else f"{hop.took_ms:.2f}"
        drawn = "" if hop.took_ms is None else bar(hop.began_ms, hop.took_ms, whole_ms)
        say(f"  {hop.name:<18}{hop.began_ms:>9.2f}{took:>9}   {drawn}".rstrip())
    say()
    label = max((len(one.name) + 2 * one.depth for one in way.spans), default=0) + 2
    node = max((len(one.node) for one in way.spans), default=0) + 2
    for one in way.spans:
        name = "  " * one.depth + one.name
        drawn = bar(one.began_ms, one.took_ms, whole_ms)
        mark = " " if one.ok else "✗"
        row = f"{one.node:<{node}}{name:<{label}}{one.took_ms:>9.2f} ms  {drawn:<{BAR_CELLS}}  {one.about}"
        say(f" {mark}{row}".rstrip())
    if way.receipts:
        say()
        say("  received by")
    for receipt in way.receipts[:SHOWN_MAX]:
        say(f"    {receipt.recipient}  socket {receipt.connection:<5} after {receipt.after_ms:8.2f} ms")
    if len(way.receipts) > SHOWN_MAX:
        say(f"    and {len(way.receipts) - SHOWN_MAX:,} more; --json names them all")


def headline(way: Way) -> list[str]:
    """A message's way in sentences."""
    when = "at an unknown time" if way.sent_us is None else f"{_day(way.sent_us)} {_clock(way.sent_us)} UTC"
    told = "never acknowledged" if way.acknowledged_ms is None else f"acknowledged after {way.acknowledged_ms:.2f} ms"
    asked = "at the first asking" if not way.stale_answers else f"after {way.stale_answers} answers that were stale"
    where = f"{way.topic}, partition {way.partition}, offset {way.offset}, LSN {way.lsn}"
    if way.receipts:
        first, last = way.receipts[0].after_ms, way.receipts[-1].after_ms
        delivered = f"to {len(way.receipts)} sockets, the first after {first:.2f} ms, the last after {last:.2f} ms"
    else:
        delivered = "to nobody who reported it"
    again = f"; {way.replays} times again by replay or redelivery" if way.replays else ""
    whole = "whole" if way.broke_at is None else f"broken at {way.broke_at}: {way.broke_why}"
    return [
        f"message {way.message_id}, sequence {way.sequence} of room {way.room_id}",
        f"  sent       {when} by {way.sender_id}, {told}",
        f"  allowed    by {way.policy} on data version {way.data_version}, {asked}",
        f"  captured   {where}" if way.topic else "  captured   not yet, as far as is known here",
        f"  delivered  {delivered}{again}",
        f"  trace      {way.trace_id}, {len(way.spans)} spans, {whole}",
    ]


def bar(began_ms: float, took_ms: float, whole_ms: float) -> str:
    """A stretch of the whole, drawn; what is there at all is seen."""
    before = min(max(round(began_ms / whole_ms * BAR_CELLS), 0), BAR_CELLS - 1)
    eighths = max(1, min(round(took_ms / whole_ms * BAR_CELLS * 8), (BAR_CELLS - before) * 8))
    return " " * before + "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def _json(value: object) -> None:
    say(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def _ms(value: float | None) -> str:
    return "?" if value is None else f"{value:.2f}"


def _clock(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us / 1e6, UTC):%H:%M:%S.%f}"[:-3]


def _day(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us / 1e6, UTC):%Y-%m-%d}"
