"""The figures of one trial, out of its history: how long everything took to come back, and what it cost meanwhile.

Durations are in seconds. Those of a recovery count from when the last fault was healed, which is when every node had
answered again (``recovery.py``); ``back_after_fault_s`` counts from the injection, as a user would. A figure that was
not measured is None: nobody had to resume, or there is no telemetry.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from operator import itemgetter

import msgspec

from veigo.checkers.ledger import Ledger
from veigo.history import Frame, Record, SocketEvent
from veigo.latency import percentile, scheduled, worst_delivery_ms
from veigo.outcome import Outcome
from veigo.recovery import Recovery, recoveries
from veigo.steady_state import TERMS


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """A fault on the clock of a trial, in seconds since the first message was meant to be sent."""

    fault: str
    from_s: float
    healing_s: float
    until_s: float


class Figures(msgspec.Struct, kw_only=True):
    """What a trial came to.

    Attributes:
        back_s: until the deliveries were as fast as before, and nothing older was left; the slowest of several faults.
        delayed: messages that were meant while something was broken, and delivered after it had healed.
        resumed: how often a room went on on another socket; `resumed_s` is the longest that it took.
        late_ms: how late the harness itself was with its sends while all was well, p99.
        latencies: when a message was meant to be sent and how long its last member waited, in s and ms; for each tenth
            of a second its fastest and its slowest message.
    """

    messages: int
    acknowledged: int
    refused: int
    unknown: int
    first_delivery_s: float | None
    back_s: float | None
    back_after_fault_s: float | None
    delayed: int
    resumed: int
    resumed_s: float | None
    wire_duplicates: int
    late_ms: float = 0.0
    traces_complete: float | None
    bands: tuple[Band, ...]
    latencies: list[tuple[float, float]]


def figures_of(records: Sequence[Record], traces_complete: float | None) -> Figures:
    """Measure a trial."""
    ledger = Ledger.of(records)
    sends = scheduled(ledger)
    outcomes = Counter(send.outcome for send in sends)
    measured = recoveries(ledger, TERMS)
    resumed = resumptions_s(records)
    in_kafka = Counter((event.room, event.sequence) for event in ledger.log)
    return Figures(
        messages=len(sends),
        acknowledged=outcomes[Outcome.OK],
        refused=outcomes[Outcome.FAILED],
        unknown=outcomes[Outcome.UNKNOWN],
        first_delivery_s=slowest([one.first_delivery_s for one in measured]),
        back_s=slowest([back_s(one) for one in measured]),
        back_after_fault_s=slowest([back_s(one, one.lasted_s) for one in measured]),
        delayed=sum(one.delayed for one in measured),
        resumed=len(resumed),
        resumed_s=max(resumed, default=None),
        wire_duplicates=sum(in_kafka.values()) - len(in_kafka),
        late_ms=_late_ms(ledger),
        traces_complete=traces_complete,
        bands=tuple(_bands(ledger)),
        latencies=_thinned(worst_delivery_ms(ledger)),
    )


def back_s(recovery: Recovery, since_s: float = 0.0) -> float | None:
    """How long until it was as before, with nothing left waiting; None when that was not seen."""
    if recovery.steady_s is None or recovery.backlog_s is None:
        return None
    return since_s + max(recovery.steady_s, recovery.backlog_s)


def resumptions_s(records: Iterable[Record]) -> list[float]:
    """For every room on every socket that the other side ended: how long until its user was in that room again.

    Who never came back is not in here; that is for the checkers, who know whether they had to.
    """
    rooms_of: dict[int, set[str]] = defaultdict(set)
    waiting: dict[tuple[str, str], int] = {}
    took = []
    for record in records:
        match record:
            case Frame(type="JOINED", room=str(room)):
                rooms_of[record.socket].add(room)
                if (left_ns := waiting.pop((record.user, room), None)) is not None:
                    took.append((record.at_ns - left_ns) / 1e9)
            case Frame(type="LEFT", room=str(room)):
                rooms_of[record.socket].discard(room)
            case Frame(type="ERROR", room=str(room), code="FORBIDDEN"):
                waiting.pop((record.user, room), None)
            case SocketEvent(event="closed", ours=False):
                for room in rooms_of.pop(record.socket, ()):
                    waiting.setdefault((record.user, room), record.at_ns)
    return took


def slowest(durations: Iterable[float | None]) -> float | None:
    """The longest; None when there is none, or one of them never came."""
    durations = list(durations)
    known = [duration for duration in durations if duration is not None]
    return max(known, default=None) if len(known) == len(durations) else None


def _late_ms(ledger: Ledger) -> float:
    broken_ns = min((window.injected_ns for window in ledger.windows), default=None)
    calm = [send for send in scheduled(ledger) if broken_ns is None or send.started_ns < broken_ns]
    return percentile(sorted((send.started_ns - (send.intended_ns or 0)) / 1e6 for send in calm), 99) or 0.0


def _thinned(latencies: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    slots: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for at_s, took_ms in latencies:
        slots[int(at_s * 10)].append((round(at_s, 2), round(took_ms, 1)))
    ends = (pick(slot, key=itemgetter(1)) for slot in slots.values() for pick in (min, max))
    return sorted(dict.fromkeys(ends))


def _bands(ledger: Ledger) -> Iterable[Band]:
    zero_ns = min((send.intended_ns or 0 for send in scheduled(ledger)), default=0)
    for window in ledger.windows:
        if window.healed_ns is not None:
            healing_ns = window.healing_ns or window.healed_ns
            from_s, healing_s, until_s = (
                (at_ns - zero_ns) / 1e9 for at_ns in (window.injected_ns, healing_ns, window.healed_ns)
            )
            yield Band(fault=window.fault, from_s=from_s, healing_s=healing_s, until_s=until_s)
