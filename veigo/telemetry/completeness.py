"""Whether a message's trace tells its whole way: every hop, connected, with times that add up.

A trace is whole when it has one root, no span whose parent is missing, every span of `EXPECTED`, and hops none of which
ends before it began by more than the clocks' resolution; then the hops add up to the time from end to end, because
each begins where the one before it ended. Where it is not whole, the first thing that is missing says where it broke.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from veigo.telemetry.store import Store

# The broker keeps whole milliseconds, cut off; the other clocks are those of one machine, read in microseconds.
RESOLUTION_US = 1_000


class Expected(NamedTuple):
    """A span that every message's trace has: the hop it stands for, how its name begins, its kind."""

    hop: str
    name: str
    kind: str


EXPECTED = (
    Expected("client", "CreateMessage", "CLIENT"),
    Expected("gateway", "mutation ", "SERVER"),
    Expected("gateway → chat", "veigo.chat.v1.MessageService/CreateMessage", "CLIENT"),
    Expected("chat", "veigo.chat.v1.MessageService/CreateMessage", "SERVER"),
    Expected("decision", "POST opa send_message", "CLIENT"),
    Expected("commit", "INSERT messages", "CLIENT"),
    Expected("capture", "cdc capture", "INTERNAL"),
    Expected("produce", "kafka produce", "PRODUCER"),
    Expected("dwell", "kafka dwell", "CONSUMER"),
    Expected("fan-out", "fan-out", "CONSUMER"),
    Expected("project", "project", "CONSUMER"),
    Expected("mongo write", "mongo write", "CLIENT"),
)

# Each hop of a message's row, by the columns it lies between.
HOPS = (
    ("gateway and chat", "sent_us", "committed_us"),
    ("capture", "committed_us", "captured_us"),
    ("produce", "captured_us", "appended_us"),
    ("dwell", "appended_us", "received_us"),
    ("fan-out", "received_us", "fanned_out_us"),
)
BORDERS = ("sent_us", "committed_us", "captured_us", "appended_us", "received_us", "fanned_out_us")

LIVE_HOPS = frozenset({"dwell", "fan-out"})
REPLAY = "replay"


class TraceSpan(NamedTuple):
    """A span, as far as completeness is concerned."""

    span_id: str
    parent_id: str | None
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A message whose trace is not whole."""

    message_id: str
    at: str
    why: str

    def __str__(self) -> str:
        return f"{self.message_id} broke at {self.at}: {self.why}"


@dataclass(frozen=True, slots=True)
class Completeness:
    """How many messages' traces are whole, and which are not."""

    messages: int
    broken: tuple[Broken, ...]

    @property
    def share(self) -> float:
        """The share of whole ones."""
        return 1 - len(self.broken) / self.messages if self.messages else 0.0

    def __str__(self) -> str:
        if not self.messages:
            return "no message has a trace"
        whole = f"{percent(self.messages - len(self.broken), self.messages)} of {self.messages:,} messages"
        sentence = f"{whole} have a complete, connected trace"
        if not self.broken:
            return sentence
        (first, count), *others = Counter(one.at for one in self.broken).most_common()
        return f"{sentence}; " + ", ".join([f"{count:,} broke at {first}", *(f"{n:,} at {at}" for at, n in others)])


def percent(part: int, whole: int) -> str:
    """A share in percent, never rounded up: what is not all must not look like all."""
    if part == whole:
        return "100 %"
    hundredths = math.floor(part / whole * 10_000)
    return f"{hundredths / 100:.2f} %"


def completeness(store: Store, message_ids: Iterable[str] | None = None) -> Completeness:
    """Examine these messages, or all that were acknowledged."""
    borders = ", ".join(BORDERS)
    known = {row["message_id"]: row for row in store.rows(f"SELECT message_id, trace_id, {borders} FROM messages")}  # noqa: S608
    acknowledged = "SELECT message_id FROM messages WHERE acked_us IS NOT NULL ORDER BY sent_us"
    wanted = [row["message_id"] for row in store.rows(acknowledged)] if message_ids is None else list(message_ids)
    traces = traces_in(store, wanted)
    broken = []
    for message_id in wanted:
        row = known.get(message_id, {})
        if found := flaw(traces.get(row.get("trace_id") or "", ()), row):
            broken.append(Broken(message_id, *found))
    return Completeness(len(wanted), tuple(broken))


def traces_in(store: Store, message_ids: Sequence[str]) -> dict[str, list[TraceSpan]]:
    """The spans of these messages' traces; another message's in the same trace are left out."""
    traces: dict[str, list[TraceSpan]] = defaultdict(list)
    one = "AND messages.message_id = ?" if len(message_ids) == 1 else ""
    rows = store.tuples(
        f"""SELECT spans.trace_id, span_id, parent_id, name, kind FROM spans JOIN messages USING (trace_id)
            WHERE (spans.message_id IS NULL OR spans.message_id = messages.message_id) {one}""",  # noqa: S608
        message_ids if one else [],
    )
    for trace_id, *span in rows:
        traces[trace_id].append(TraceSpan(*span))
    return traces


def flaw(spans: Sequence[TraceSpan], row: Mapping[str, int | None]) -> tuple[str, str] | None:
    """Where a trace breaks and why; None when it is whole."""
    if not spans:
        return "the start", "it has no trace at all"
    # Who was away when it was handed out was given it from the room's log; then that is how it arrived. So it is when
    # realtime died in the middle of handing it out: who had not had it asks for it.
    excused = LIVE_HOPS if any(span.name == REPLAY for span in spans) else frozenset()
    return _missing(spans, excused) or _disconnected(spans) or _untimely(row, excused)


def _missing(spans: Sequence[TraceSpan], excused: frozenset[str]) -> tuple[str, str] | None:
    for expected in EXPECTED:
        there = any(span.kind == expected.kind and span.name.startswith(expected.name) for span in spans)
        if not there and expected.hop not in excused:
            return expected.hop, f"there is no span {expected.name.strip()!r}"
    return None


def _disconnected(spans: Sequence[TraceSpan]) -> tuple[str, str] | None:
    roots = sum(span.parent_id is None for span in spans)
    if roots != 1:
        return "its root", f"it has {roots} roots"
    ids = {span.span_id for span in spans}
    for span in spans:
        if span.parent_id is not None and span.parent_id not in ids:
            return span.name, f"the parent {span.parent_id} of the span {span.span_id} is missing"
    return None


def _untimely(row: Mapping[str, int | None], excused: frozenset[str]) -> tuple[str, str] | None:
    for hop, begins, ends in HOPS:
        began, ended = row.get(begins), row.get(ends)
        if hop in excused:
            continue
        if began is None or ended is None:
            return hop, f"it has no time for {begins if began is None else ends}"
        if ended < began - RESOLUTION_US:
            return hop, f"it ended {(began - ended) / 1000:.1f} ms before it began"
    return None
