"""The geometry of the report's charts: numbers in, positions in percent out.

Positions are percent of a drawing area, so that the page stretches the drawing to any width while its text, which is
plain HTML beside it, keeps its size. Latencies lie on a logarithmic axis: 2 ms and 200 ms are both worth seeing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BINS = 40
STEPS = (1, 2, 5)
# Where a narrow page still has room for them.
TICKS_MAX = 7


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bin of a histogram, standing on the bottom."""

    left: float
    width: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class LogScale:
    """A logarithmic axis in milliseconds, from 0 to 100 percent; what lies outside is put on its end."""

    low_ms: float
    high_ms: float

    @classmethod
    def over(cls, samples_ms: Sequence[float]) -> "LogScale":
        """Make an axis from round number to round number that holds all samples from 0.1 ms on."""
        positive = [max(sample, 0.1) for sample in samples_ms] or [1, 100]
        low = max(rounded for rounded in _round_numbers() if rounded <= min(positive))
        high = min((rounded for rounded in _round_numbers() if rounded >= max(positive)), default=max(positive))
        return cls(low, max(high, low * 10))

    def at(self, value_ms: float) -> float:
        """Place a value."""
        clipped = min(max(value_ms, self.low_ms), self.high_ms)
        return 100 * math.log(clipped / self.low_ms) / math.log(self.high_ms / self.low_ms)

    def back(self, at: float) -> float:
        """Return the value at a place."""
        return self.low_ms * math.exp(at / 100 * math.log(self.high_ms / self.low_ms))

    def ticks(self) -> list[Tick]:
        """Label the round numbers, or the powers of ten alone where there are too many."""
        inside = [number for number in _round_numbers() if self.low_ms <= number <= self.high_ms]
        if len(inside) > TICKS_MAX:
            inside = [number for number in inside if math.log10(number).is_integer()]
        return [Tick(self.at(number), milliseconds(number)) for number in inside]


@dataclass(frozen=True, slots=True)
class Scatter:
    """Latency over time: a dot for each message."""

    dots: str
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    seconds: float

    def across(self, at_s: float) -> float:
        """Place a time on the axis; what lies outside is put on its end."""
        return 100 * min(max(at_s / self.seconds, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart: its name, and an SVG path from point to point."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Several lines over the same time, on one axis that begins at zero."""

    lines: list[Line]
    x_ticks: list[Tick]
    y_ticks: list[Tick]


def lines(series: Mapping[str, Sequence[tuple[float, float]]], unit: str = "") -> Lines:
    """Draw series of (seconds, value); a series without points is left out."""
    drawn = {name: points for name, points in series.items() if points}
    seconds = max((at_s for points in drawn.values() for at_s, _ in points), default=1) or 1
    highest = max((value for points in drawn.values() for _, value in points), default=1) or 1
    step = next(number for number in _round_numbers() if number >= highest / 5)
    top = math.ceil(highest / step) * step

    def path(points: Sequence[tuple[float, float]]) -> str:
        return "M" + "L".join(f"{at_s / seconds * 100:.2f} {100 - value / top * 100:.2f}" for at_s, value in points)

    ticks = [Tick(number * step / top * 100, f"{number * step:g}{unit}") for number in range(round(top / step) + 1)]
    return Lines([Line(name, path(points)) for name, points in drawn.items()], _second_ticks(seconds), ticks)


def scatter(points: Sequence[tuple[float, float]]) -> Scatter:
    """Draw (seconds, milliseconds) as one SVG path of zero-length strokes: a dot each, and a light page."""
    scale = LogScale.over([latency_ms for _, latency_ms in points])
    last_s = max((at_s for at_s, _ in points), default=1) or 1
    seconds = math.ceil(last_s) if last_s > 1 else last_s
    dots = "".join(f"M{at_s / seconds * 100:.2f} {100 - scale.at(latency_ms):.2f}h0" for at_s, latency_ms in points)
    return Scatter(dots, _second_ticks(seconds), scale.ticks(), seconds)


def histogram(samples_ms: Sequence[float], scale: LogScale) -> list[Bar]:
    """Count samples in bins of equal width on the axis; the fullest bin has the full height."""
    counts = [0] * BINS
    for sample in samples_ms:
        counts[min(int(scale.at(sample) / 100 * BINS), BINS - 1)] += 1
    fullest = max(counts) or 1
    width = 100 / BINS
    return [
        Bar(
            left=number * width,
            width=width,
            height=count / fullest * 100,
            label=f"{milliseconds(scale.back(number * width))} to {milliseconds(scale.back((number + 1) * width))}:"
            f" {count:,}",
        )
        for number, count in enumerate(counts)
        if count
    ]


def milliseconds(value_ms: float | None) -> str:
    """Word a latency with the digits that mean something."""
    if value_ms is None:
        return "–"
    if abs(value_ms) >= 1000:
        return f"{value_ms / 1000:.3g} s"
    return f"{value_ms:.3g} ms" if abs(value_ms) < 100 else f"{value_ms:.0f} ms"


def _second_ticks(seconds: float) -> list[Tick]:
    step = next((size for size in (1, 2, 5, 10, 20, 60, 120, 300, 600, 1800) if seconds / size <= TICKS_MAX), 3600)
    if seconds < 1:
        return [Tick(0, "0 s"), Tick(100, f"{seconds:.2g} s")]
    return [Tick(at / seconds * 100, f"{at} s") for at in range(0, math.floor(seconds) + 1, step)]


def _round_numbers() -> list[float]:
    return [step * 10.0**power for power in range(-1, 6) for step in STEPS]
