"""Whether a stack is back to what it does on any other day, while people talk: what a trial waits for.

A message is *in time* when, within a bound that counts from the moment it was meant to be sent, its sender was told
that it is stored and everybody who is always in the room had it. The stack is back from the first moment on after
which, for some seconds, 99 of 100 messages were in time and nothing older was still owed to anybody. What is measured
in the end is measured by ``recovery.py``, from the whole history and by the same bound. That counts deliveries, 50 of
them at least; this is its live twin, which must answer at any moment and costs next to nothing, and so counts whole
messages, 20 at least. Pure.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from veigo.history import Frame, Operation
from veigo.latency import percentile
from veigo.outcome import Outcome
from veigo.recovery import Terms

TERMS = Terms()
IN_TIME_SHARE = 0.99
# Fewer messages than this say nothing about a share.
MESSAGES_MIN = 20


@dataclass(slots=True)
class Pulse:
    """One message: when it was meant to be sent, when it was acknowledged, and when the last member had it."""

    meant_ns: int
    acknowledged_ns: int | None = None
    delivered_ns: int | None = None
    given_up: bool = False  # it was refused, or its ending is unknown

    @property
    def done_ns(self) -> int | None:
        """When both had happened."""
        if self.acknowledged_ns is None or self.delivered_ns is None:
            return None
        return max(self.acknowledged_ns, self.delivered_ns)

    @property
    def owed(self) -> bool:
        """Whether it was acknowledged, and somebody still waits for it."""
        return self.acknowledged_ns is not None and self.delivered_ns is None

    def in_time(self, bound_ms: float) -> bool:
        """Whether it was done within the bound."""
        done_ns = self.done_ns
        return done_ns is not None and done_ns - self.meant_ns <= bound_ms * 1e6


class Pulses:
    """The messages of a run as they are sent, acknowledged and delivered, in any order."""

    def __init__(self) -> None:
        self._always_in: dict[str, frozenset[str]] = {}
        self._missing: dict[str, set[str]] = {}
        self._of: dict[str, Pulse] = {}

    def room(self, room: str, members: Iterable[str]) -> None:
        """Say who is always in a room; who comes and goes is owed nothing by the clock."""
        self._always_in[room] = frozenset(members)

    def meant(self, message_id: str, room: str, at_ns: int) -> None:
        """A message is about to be sent."""
        self._of[message_id] = Pulse(at_ns)
        self._missing[message_id] = set(self._always_in.get(room, ()))

    def ended(self, send: Operation) -> None:
        """Its sender was told something, or nothing in time."""
        pulse = self._of.get(send.message_id or "")
        if pulse is None:
            return
        if send.outcome is Outcome.OK:
            pulse.acknowledged_ns = send.ended_ns
        else:
            pulse.given_up = True

    def received(self, frame: Frame) -> None:
        """Somebody received something."""
        missing = self._missing.get(frame.message_id or "") if frame.type == "MESSAGE" else None
        if missing is None:
            return
        missing.discard(frame.user)
        if not missing and (pulse := self._of[frame.message_id or ""]).delivered_ns is None:
            pulse.delivered_ns = frame.at_ns

    def since(self, at_ns: int) -> list[Pulse]:
        """Those meant at that time or later, the earliest first."""
        return sorted((pulse for pulse in self._of.values() if pulse.meant_ns >= at_ns), key=lambda one: one.meant_ns)


def bound_ms(calm: Sequence[Pulse]) -> float:
    """What is in time, judged by what messages took while all was well."""
    took = sorted((pulse.done_ns - pulse.meant_ns) / 1e6 for pulse in calm if pulse.done_ns is not None)
    return max(TERMS.floor_ms, TERMS.factor * (percentile(took, 99) or 0.0))


def steady_from(pulses: Sequence[Pulse], healed_ns: int, now_ns: int, bound_ms: float) -> int | None:
    """From when on the stack has been back, on the clock of the pulses; None when it is not yet.

    Args:
        pulses: the messages since the fault, the earliest first.
        healed_ns: when it was healed; what came before it is owed, and no evidence of a recovery.
        now_ns: what time it is; a message whose bound is not over yet is no evidence against anything.
        bound_ms: what is in time.
    """
    window_ns, bound_ns = round(TERMS.steady_s * 1e9), round(bound_ms * 1e6)
    meant = [pulse.meant_ns for pulse in pulses]
    late = list(accumulate((not pulse.in_time(bound_ms) for pulse in pulses), initial=0))
    owed_ns = 0  # when the last of what came before had been delivered
    for first, pulse in enumerate(pulses):
        if pulse.meant_ns + window_ns + bound_ns > now_ns:
            return None
        end = bisect_left(meant, pulse.meant_ns + window_ns)
        enough = pulse.meant_ns >= healed_ns and end - first >= MESSAGES_MIN
        if enough and late[end] - late[first] <= (1 - IN_TIME_SHARE) * (end - first):
            return None if any(one.owed for one in pulses[first:end]) else max(pulse.meant_ns, owed_ns)
        if pulse.owed:
            return None
        owed_ns = max(owed_ns, (pulse.acknowledged_ns and pulse.delivered_ns) or 0)
    return None
