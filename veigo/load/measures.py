"""What a load run measured, and what was good enough. Pure.

Everything a user waits for counts from when it was meant to happen. Percentiles are exact, over every sample.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass

from veigo.charts import milliseconds
from veigo.checkers.ledger import Ledger
from veigo.history import Operation
from veigo.latency import hops, percentile, scheduled
from veigo.outcome import Outcome

PREFIX = "limit "  # of a limit among a run's parameters


@dataclass(frozen=True, slots=True)
class Limits:
    """What is good enough; None is not asked for. Times are the most allowed, in milliseconds.

    Attributes:
        delivered_p50_ms, delivered_p99_ms: from when a message was meant to be sent to a member's socket.
        acknowledged_p99_ms: from the same to the sender's answer.
        connected_p99_ms: from opening a socket to having joined every room.
        resumed_p99_ms: from losing a socket to being in every room again.
        signed_in_p99_ms: a sign-in.
        read_p99_ms: a page of a room's history.
        failed_share: the largest share of requests that may be refused or remain without an answer.
        achieved_share: the smallest share of the offered messages a second that has to be achieved.
    """

    delivered_p50_ms: float | None = None
    delivered_p99_ms: float | None = None
    acknowledged_p99_ms: float | None = None
    connected_p99_ms: float | None = None
    resumed_p99_ms: float | None = None
    signed_in_p99_ms: float | None = None
    read_p99_ms: float | None = None
    failed_share: float | None = 0.0
    achieved_share: float | None = 0.95

    def as_parameters(self) -> dict[str, float]:
        """Return those that are asked for, as a run's parameters name them."""
        return {f"{PREFIX}{name}": limit for name, limit in asdict(self).items() if limit is not None}


@dataclass(frozen=True, slots=True)
class Measured:
    """One limit beside what was measured; None when there was nothing to measure."""

    name: str
    limit: float
    value: float | None
    samples: int

    @property
    def kept(self) -> bool | None:
        """Whether the limit was kept; None when that cannot be said."""
        if self.value is None:
            return None
        return self.value >= self.limit if self.name == "achieved_share" else self.value <= self.limit

    @property
    def label(self) -> str:
        """What was measured, in words."""
        return self.name.removesuffix("_ms").replace("_", " ")

    @property
    def shown(self) -> str:
        """What was measured, with its unit."""
        return self._in_its_unit(self.value)

    @property
    def shown_limit(self) -> str:
        """The limit, with its unit, and on which side of it one has to be."""
        return f"{'≥' if self.name == 'achieved_share' else '≤'} {self._in_its_unit(self.limit)}"

    def __str__(self) -> str:
        return f"{self.label} {self.shown} ({self.shown_limit}, {self.samples:,} samples)"

    def _in_its_unit(self, value: float | None) -> str:
        if value is None:
            return "not measured"
        return milliseconds(value) if self.name.endswith("_ms") else f"{value:.2%}"


def measured(ledger: Ledger, parameters: Mapping[str, object]) -> list[Measured]:
    """Hold what a run measured against the limits among its parameters; unknown ones measure nothing."""
    found = []
    for key, limit in parameters.items():
        if key.startswith(PREFIX) and isinstance(limit, int | float):
            name = key.removeprefix(PREFIX)
            samples = _SAMPLES[name](ledger) if name in _SAMPLES else []
            found.append(Measured(name, float(limit), _summed_up(name, samples), len(samples)))
    return found


def _summed_up(name: str, samples: list[float]) -> float | None:
    if name.endswith("_share"):
        return sum(samples) / len(samples) if samples else None
    return percentile(sorted(samples), 50 if name.endswith("_p50_ms") else 99)


def _took_ms(operations: Iterable[Operation]) -> list[float]:
    return [
        (one.ended_ns - (one.intended_ns or one.started_ns)) / 1e6 for one in operations if one.outcome is Outcome.OK
    ]


def _named(name: str) -> Callable[[Ledger], list[float]]:
    return lambda ledger: _took_ms(one for one in ledger.operations if one.name == name)


def _delivered_ms(ledger: Ledger) -> list[float]:
    return list(hops(ledger)[-1].samples_ms)


def _failed(ledger: Ledger) -> list[float]:
    """For each request 1 where it was refused or had no answer; those that the run's end cut off do not count."""
    asked = (one for one in ledger.operations if one.expected is Outcome.OK and not one.withdrawn)
    return [float(one.outcome is not Outcome.OK) for one in asked]


def _achieved(ledger: Ledger) -> list[float]:
    """For each message that was meant to be sent 1 where it was acknowledged while there was talk."""
    ended = ledger.marks.get("talk_ended")
    if ended is None:
        return []
    return [float(one.outcome is Outcome.OK and one.ended_ns <= ended.at_ns) for one in scheduled(ledger)]


_SAMPLES: dict[str, Callable[[Ledger], list[float]]] = {
    "delivered_p50_ms": _delivered_ms,
    "delivered_p99_ms": _delivered_ms,
    "acknowledged_p99_ms": lambda ledger: _took_ms(scheduled(ledger)),
    "connected_p99_ms": _named("connect"),
    "resumed_p99_ms": _named("resume"),
    "signed_in_p99_ms": _named("sign_in"),
    "read_p99_ms": _named("read"),
    "failed_share": _failed,
    "achieved_share": _achieved,
}
