"""How a load run went, second by second: what a table and the charts show. Pure."""

from collections import defaultdict
from typing import NamedTuple

from veigo.checkers.ledger import Ledger
from veigo.latency import percentile, scheduled
from veigo.outcome import Outcome


class Second(NamedTuple):
    """One second of the talk.

    Attributes:
        at_s: whole seconds since it began.
        people: how many virtual people there were in all processes.
        offered: messages that were meant to be sent in it.
        achieved: messages that were acknowledged in it.
        delivered: messages that members received, of those meant in it.
        delivered_p50_ms, delivered_p99_ms: how long these took; None when there were none.
        generator_late_ms: the latest heartbeat of any process.
    """

    at_s: int
    people: int
    offered: int
    achieved: int
    delivered: int
    delivered_p50_ms: float | None
    delivered_p99_ms: float | None
    generator_late_ms: float


COLUMNS = Second._fields


def course(ledger: Ledger) -> list[Second]:
    """Count a run by the seconds since its talk began; nothing when it never did."""
    began = ledger.marks.get("talk_started")
    if began is None:
        return []
    offered: dict[int, int] = defaultdict(int)
    achieved: dict[int, int] = defaultdict(int)
    meant_ns: dict[str | None, int] = {}
    for send in scheduled(ledger):
        assert send.intended_ns is not None
        meant_ns[send.message_id] = send.intended_ns
        offered[(send.intended_ns - began.at_ns) // 1_000_000_000] += 1
        if send.outcome is Outcome.OK:
            achieved[(send.ended_ns - began.at_ns) // 1_000_000_000] += 1
    delivered: dict[int, list[float]] = defaultdict(list)
    for frame in ledger.deliveries:
        if (at_ns := meant_ns.get(frame.message_id)) is not None:
            delivered[(at_ns - began.at_ns) // 1_000_000_000].append((frame.at_ns - at_ns) / 1e6)
    people: dict[int, dict[str, int]] = defaultdict(dict)
    late: dict[int, float] = defaultdict(float)
    for second in ledger.generators:
        at_s = (second.at_ns - began.at_ns) // 1_000_000_000
        people[at_s][second.process] = second.people
        late[at_s] = max(late[at_s], second.late_ms_max)
    last = max([*offered, *achieved, *people], default=-1)
    there: dict[str, int] = {}
    return [
        _second(at_s, _updated(there, people[at_s]), offered[at_s], achieved[at_s], sorted(delivered[at_s]), late[at_s])
        for at_s in range(last + 1)
    ]


def _updated(there: dict[str, int], news: dict[str, int]) -> int:
    """How many people there are in all processes; one that said nothing in a second has as many as before."""
    there.update(news)
    return sum(there.values())


def _second(at_s: int, people: int, offered: int, achieved: int, delivered_ms: list[float], late_ms: float) -> Second:
    p50, p99 = percentile(delivered_ms, 50), percentile(delivered_ms, 99)
    return Second(at_s, people, offered, achieved, len(delivered_ms), p50, p99, late_ms)
