"""How long each hop of a message took, from what users and the witness wrote down.

Percentiles are exact: nearest rank over every sample, nothing averaged, nothing sketched. What a user waits for is
counted from the time the message was meant to be sent. The two inner hops compare the wall clocks of PostgreSQL, Kafka
and this process, so they only make sense on one machine.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from veigo.checkers.ledger import Ledger
from veigo.history import Operation, Witnessed
from veigo.outcome import Outcome

# Kafka keeps its append time in whole milliseconds, cut off; in the middle of that millisecond it is off by half of one
# at most, and by nothing on average.
HALF_A_MILLISECOND_US = 500


@dataclass(frozen=True, slots=True)
class Hop:
    """One stretch of a message's way, with every sample in milliseconds, sorted."""

    name: str
    explained: str
    samples_ms: tuple[float, ...]

    @property
    def p50_ms(self) -> float | None:
        """The median."""
        return percentile(self.samples_ms, 50)

    @property
    def p99_ms(self) -> float | None:
        """What 99 of 100 stayed within."""
        return percentile(self.samples_ms, 99)

    @property
    def max_ms(self) -> float | None:
        """The slowest."""
        return self.samples_ms[-1] if self.samples_ms else None


def percentile(samples: Sequence[float], percent: float) -> float | None:
    """Return the nearest-rank percentile of sorted samples: a value that was measured; None when nothing was."""
    if not samples:
        return None
    rank = max(1, math.ceil(percent / 100 * len(samples)))
    return samples[rank - 1]


def hops(ledger: Ledger) -> list[Hop]:
    """Measure every hop, in the order a message takes them."""
    return [
        _hop("acknowledge", "a send, from leaving to its answer", _acknowledge_ms(ledger)),
        _hop("commit → Kafka", "PostgreSQL's commit to the broker's append, by Debezium", _captured_ms(ledger)),
        _hop("Kafka → socket", "the broker's append to a member's socket", _fanned_out_ms(ledger)),
        _hop("send → delivered", "when it was meant to be sent to a member's socket", _delivered_ms(ledger)),
    ]


def start_delay(ledger: Ledger) -> Hop:
    """Measure how late the harness itself was: a harness that cannot keep its schedule measures itself."""
    delays = [(send.started_ns - send.intended_ns) / 1e6 for send in scheduled(ledger) if send.intended_ns is not None]
    return _hop("start delay", "the intended time to the actual sending", delays)


def scheduled(ledger: Ledger) -> list[Operation]:
    """The sends of the conversation's script, in other words not the outsider's."""
    return [send for send in ledger.sends.values() if send.intended_ns is not None]


def talked_s(ledger: Ledger) -> float:
    """For how long people talked, in seconds; 0 when they never did, or never stopped."""
    began, ended = ledger.marks.get("talk_started"), ledger.marks.get("talk_ended")
    return (ended.at_ns - began.at_ns) / 1e9 if began and ended else 0.0


def worst_delivery_ms(ledger: Ledger) -> list[tuple[float, float]]:
    """For each message: when it was meant, in seconds from the first, and how long until its last member had it."""
    intended = _intended_ns(ledger)
    worst: dict[str, int] = {}
    for frame in ledger.deliveries:
        if frame.message_id is not None and frame.message_id in intended:
            worst[frame.message_id] = max(worst.get(frame.message_id, 0), frame.at_ns)
    first_ns = min(intended.values(), default=0)
    return sorted(
        ((intended[message_id] - first_ns) / 1e9, (at_ns - intended[message_id]) / 1e6)
        for message_id, at_ns in worst.items()
    )


def _hop(name: str, explained: str, samples_ms: list[float]) -> Hop:
    return Hop(name, explained, tuple(sorted(samples_ms)))


def _acknowledge_ms(ledger: Ledger) -> list[float]:
    return [(send.ended_ns - send.started_ns) / 1e6 for send in scheduled(ledger) if send.outcome is Outcome.OK]


def _captured_ms(ledger: Ledger) -> list[float]:
    return [
        (appended - witnessed.committed_us) / 1e3
        for witnessed in ledger.witnessed.values()
        if (appended := _appended_us(witnessed)) is not None
    ]


def _fanned_out_ms(ledger: Ledger) -> list[float]:
    appended = {message_id: _appended_us(witnessed) for message_id, witnessed in ledger.witnessed.items()}
    return [
        (frame.at_us - at_us) / 1e3
        for frame in ledger.deliveries
        if (at_us := appended.get(frame.message_id or "")) is not None
    ]


def _delivered_ms(ledger: Ledger) -> list[float]:
    intended = _intended_ns(ledger)
    return [
        (frame.at_ns - at_ns) / 1e6
        for frame in ledger.deliveries
        if (at_ns := intended.get(frame.message_id or "")) is not None
    ]


def _intended_ns(ledger: Ledger) -> dict[str, int]:
    return {
        send.message_id: send.intended_ns
        for send in scheduled(ledger)
        if send.message_id is not None and send.intended_ns is not None
    }


def _appended_us(witnessed: Witnessed) -> int | None:
    if witnessed.appended_ms is None:
        return None
    return witnessed.appended_ms * 1000 + HALF_A_MILLISECOND_US
