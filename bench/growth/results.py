"""What growth was measured to be, in `bench/results/growth-<date>.json`: every sample, raw."""

from datetime import date
from pathlib import Path

import msgspec

from bench import day_files
from bench.day_files import FOLDER

BEGINNING = "growth-"


class Sample(msgspec.Struct, frozen=True):
    """One measurement of one level.

    Attributes:
        axis: what was varied.
        count: how many of it there were.
        messages: acknowledged messages.
        deliveries: frames that came; as many as were due, or the sample would not be here.
        cpu_ms: processor milliseconds of each kind of node for one message, idling taken off.
        p50_ms: from the intended time of sending to a socket.
        p99_ms: likewise.
    """

    axis: str
    count: int
    messages: int
    deliveries: int
    cpu_ms: dict[str, float]
    p50_ms: float
    p99_ms: float


class Opening(msgspec.Struct, frozen=True):
    """What it takes to open sockets, each with its join.

    Attributes:
        sockets: opened.
        seconds: that took.
        cpu_ms: processor milliseconds of each kind of node for one.
        rss_bytes: resident memory of each kind that holds one, for one.
    """

    sockets: int
    seconds: float
    cpu_ms: dict[str, float]
    rss_bytes: dict[str, float]


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """One day's figures.

    Attributes:
        idle_cpu: processor seconds a second of each kind of node with the fewest idle sockets and with the most.
        refused: samples that were thrown away, and why.
    """

    date: str
    commit: str
    machine: dict[str, str | int]
    versions: dict[str, str]
    seconds: float
    samples: list[Sample] = []
    opening: Opening | None = None
    idle_cpu: dict[str, tuple[float, float]] = {}
    refused: list[str] = []


def path_of(day: date, folder: Path = FOLDER) -> Path:
    """Where a day's figures are."""
    return folder / f"{BEGINNING}{day.isoformat()}.json"


def newest(folder: Path = FOLDER) -> Path:
    """The newest figures.

    Raises:
        StackError: there are none.
    """
    otherwise = f"there are no growth figures in {folder}; `python -m bench.growth measure` makes some"
    return day_files.newest(folder, BEGINNING, otherwise)


def read(path: Path) -> Growth:
    """Read a day's figures.

    Raises:
        StackError: the file holds none.
    """
    return day_files.read(path, Growth, "no growth figures")


def write(growth: Growth, path: Path) -> None:
    """Write a day's figures; whatever interrupts it, no half of them is left."""
    day_files.write(growth, path, indent=2)
