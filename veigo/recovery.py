"""How a run recovered from what was broken: how long until a delivery, until it was as before, until no backlog.

*As before* means: for a while, 99 of 100 deliveries take no longer than three times what they took before the fault, or
half a second. What is not delivered or not acknowledged at all counts as too slow. Faults that overlap are one
disturbance, which is over when the last of them is healed; times count from there.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from veigo.checkers.fault_window import FaultWindow
from veigo.checkers.ledger import Ledger
from veigo.history import Operation
from veigo.latency import percentile, scheduled
from veigo.outcome import Outcome

STEP_NS = 100_000_000  # between the moments that are tried as the beginning of the steady state


@dataclass(frozen=True, slots=True)
class Terms:
    """What counts as steady; there is one set of terms, for whoever waits for it and for whoever judges it.

    Attributes:
        factor: p99 may be so many times what it was before.
        floor_ms: or this, whichever is more: on two shared cores a hiccup of a few hundred milliseconds is weather,
            not an outage.
        steady_s: for how long.
        samples_min: deliveries that are needed before the fault, and in a steady stretch.
    """

    factor: float = 3.0
    floor_ms: float = 500.0
    steady_s: float = 3.0
    samples_min: int = 50


@dataclass(frozen=True, slots=True)
class Recovery:
    """One disturbance and what came after it; seconds after healing, None where it never came.

    Attributes:
        faults: what was broken.
        lasted_s: from the first injection to the last healing.
        baseline_p99_ms: of deliveries before it; None when there were too few.
        first_delivery_s: until a message reached anybody.
        steady_s: until the steady stretch began.
        backlog_s: until everything acknowledged before the healing was delivered; 0 when it was by then.
        delayed: messages meant during the disturbance and delivered after its healing.
        observed_s: how long the run went on talking.
    """

    faults: tuple[str, ...]
    lasted_s: float
    baseline_p99_ms: float | None
    first_delivery_s: float | None
    steady_s: float | None
    backlog_s: float | None
    delayed: int
    observed_s: float


@dataclass(slots=True)
class _Message:
    intended_ns: int
    send: Operation
    delivered_ns: list[int]
    owed: int


def recoveries(ledger: Ledger, terms: Terms = Terms()) -> list[Recovery]:
    """Measure the recovery from every disturbance that was healed."""
    messages = _messages(ledger)
    last_ns = messages[-1].intended_ns if messages else 0
    return [_recovery(messages, windows, last_ns, terms) for windows in _disturbances(ledger.windows)]


def _recovery(messages: list[_Message], windows: list[FaultWindow], last_ns: int, terms: Terms) -> Recovery:
    began_ns = windows[0].injected_ns
    healed_ns = max(window.healed_ns or 0 for window in windows)
    before = sorted(
        (at_ns - message.intended_ns) / 1e6
        for message in messages
        for at_ns in message.delivered_ns
        if message.intended_ns < began_ns and at_ns < began_ns
    )
    baseline = percentile(before, 99) if len(before) >= terms.samples_min else None
    arrivals = [at_ns for message in messages for at_ns in message.delivered_ns if at_ns >= healed_ns]
    return Recovery(
        faults=tuple(window.fault for window in windows),
        lasted_s=(healed_ns - began_ns) / 1e9,
        baseline_p99_ms=baseline,
        first_delivery_s=(min(arrivals) - healed_ns) / 1e9 if arrivals else None,
        steady_s=None if baseline is None else _steady_s(messages, healed_ns, last_ns, baseline, terms),
        backlog_s=_backlog_s(messages, healed_ns),
        delayed=sum(_is_delayed(message, began_ns, healed_ns) for message in messages),
        observed_s=max(0.0, (last_ns - healed_ns) / 1e9),
    )


def _disturbances(windows: list[FaultWindow]) -> Iterator[list[FaultWindow]]:
    """Put faults that overlap together; those never healed end nowhere, and are left out."""
    together: list[FaultWindow] = []
    for window in sorted(windows, key=lambda window: window.injected_ns):
        if window.healed_ns is None:
            continue
        if together and window.injected_ns > max(each.healed_ns or 0 for each in together):
            yield together
            together = []
        together.append(window)
    if together:
        yield together


def _messages(ledger: Ledger) -> list[_Message]:
    """The scheduled messages by their times, each with its first deliveries and how many were owed."""
    first: dict[str, dict[str, int]] = {}
    for frame in ledger.deliveries:
        if frame.message_id is not None:
            first.setdefault(frame.message_id, {}).setdefault(frame.user, frame.at_ns)
    listeners: dict[str, set[str]] = {}
    for subscription in ledger.subscriptions:
        listeners.setdefault(subscription.room, set()).add(subscription.user)
    messages = []
    for send in scheduled(ledger):
        came = list(first.get(send.message_id or "", {}).values())
        sequence, room = send.sequence, send.room or ""
        owed = [
            user
            for user in listeners.get(room, ())
            if sequence is None or ledger.memberships.at(room, user, sequence) is not False
        ]
        messages.append(_Message(send.intended_ns or 0, send, came, max(len(owed), len(came))))
    return sorted(messages, key=lambda message: message.intended_ns)


def _steady_s(messages: list[_Message], healed_ns: int, last_ns: int, baseline: float, terms: Terms) -> float | None:
    """Find the first stretch after the healing in which the deliveries are as fast as before."""
    bound_ns = max(baseline * terms.factor, terms.floor_ms) * 1e6
    after = [message for message in messages if message.intended_ns >= healed_ns]
    times = [message.intended_ns for message in after]
    owed = [0, *accumulate(message.owed for message in after)]
    slow = [0, *accumulate(_slow(message, bound_ns) for message in after)]
    length_ns = round(terms.steady_s * 1e9)
    for begin_ns in range(healed_ns, last_ns - length_ns + STEP_NS, STEP_NS):
        begin, end = bisect_left(times, begin_ns), bisect_left(times, begin_ns + length_ns)
        total = owed[end] - owed[begin]
        # The nearest-rank p99 is within the bound when at most one in a hundred is not.
        if total >= terms.samples_min and (slow[end] - slow[begin]) * 100 <= total:
            return (begin_ns - healed_ns) / 1e9
    return None


def _slow(message: _Message, bound_ns: float) -> int:
    """How many of a message's deliveries took too long, or never came; all of them when it was not acknowledged."""
    if message.send.outcome is not Outcome.OK:
        return message.owed
    return message.owed - sum(at_ns - message.intended_ns <= bound_ns for at_ns in message.delivered_ns)


def _backlog_s(messages: list[_Message], healed_ns: int) -> float | None:
    waiting = [each for each in messages if each.send.outcome is Outcome.OK and each.send.ended_ns <= healed_ns]
    if any(not message.delivered_ns for message in waiting):
        return None
    return max(0.0, (max((max(each.delivered_ns) for each in waiting), default=healed_ns) - healed_ns) / 1e9)


def _is_delayed(message: _Message, began_ns: int, healed_ns: int) -> bool:
    during = began_ns <= message.intended_ns < healed_ns
    return during and bool(message.delivered_ns) and max(message.delivered_ns) > healed_ns
