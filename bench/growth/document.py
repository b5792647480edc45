"""`docs/capacity.md` and its charts: every number is computed from the figures, and a test holds the page to them."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from pathlib import Path

import jinja2

from bench.growth import capacity, charts
from bench.growth.axes import AXES, LISTENERS, MEMBERS, RATE, REPEATS, Axis
from bench.growth.capacity import BUSY_MAX, SOCKETS_PER_PROCESS, Cluster, Constants, Wanted
from bench.growth.fits import Fit
from bench.growth.results import Growth
from stack.topics import PARTITIONS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "capacity.md"
PICTURES = ROOT / "docs" / "pictures"
TEMPLATE = Path(__file__).with_name("capacity.md.j2")
ROOM_EVENTS = "chat.public.room_events"
DRAWN = 5  # kinds in one chart: those that cost most, and realtime
WANTED = tuple(Wanted(1_000_000, per_s, hearers=20, return_s=60.0) for per_s in (200.0, 1_000.0, 3_000.0))
TITLES = {
    "rate": ("Messages a second", "messages a second, in ten rooms by turns", "message a second"),
    "members": ("Members of a room", "sockets in the room", "member"),
    "rooms": ("Rooms", f"rooms that messages go to by turns, {LISTENERS} sockets in each", "room"),
    "history": ("History of a room", "messages the room has had", "message"),
    "idle": ("Idle sockets", "idle sockets beside those that are sent to", "idle socket"),
    "replicas": ("Realtimes", "realtimes, each of which reads every message", "realtime"),
}


def write(growth: Growth) -> list[Path]:
    """Write the page and its charts; return where."""
    PAGE.write_text(text(growth))
    drawn = pictures(growth)
    for name, picture in drawn.items():
        (PICTURES / name).write_text(picture)
    return [PAGE, *(PICTURES / name for name in drawn)]


def pictures(growth: Growth) -> dict[str, str]:
    """Return the charts by the names of their files."""
    return {f"growth-{axis.name}.svg": _picture(growth, axis) for axis in AXES}


def text(growth: Growth) -> str:
    """Return the page."""
    known = capacity.constants(growth)
    found = [capacity.cluster(known, each) for each in WANTED]
    full = capacity.messages_per_s_max(known)
    # Markdown, of which nothing is HTML.
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)  # noqa: S701
    return environment.from_string(TEMPLATE.read_text()).render(
        growth=growth,
        repeats=REPEATS,
        sections=[_section(growth, axis) for axis in AXES],
        known=known,
        kinds=list(_kinds(known)),
        wanted=WANTED,
        million=list(_million(found)),
        middle=WANTED[1],
        worked=_worked(known, WANTED[1], found[1]),
        full=sorted(full.items(), key=lambda each: each[1]),
        busy_max=BUSY_MAX,
        sockets_per_process=SOCKETS_PER_PROCESS,
        partitions=PARTITIONS[ROOM_EVENTS],
        largest=MEMBERS.points[-1],
        rate_max=RATE.points[-1],
    )


def _picture(growth: Growth, axis: Axis) -> str:
    series = {kind: capacity.costs(growth.samples, axis.name, kind) for kind in _dearest(growth, axis)}
    fits = {kind: capacity.line(growth, axis.name, kind) for kind in series}
    return charts.chart("Processor milliseconds a message, by node", TITLES[axis.name][1], series, fits)


def _dearest(growth: Growth, axis: Axis) -> list[str]:
    def cost(kind: str) -> float:
        return capacity.costs(growth.samples, axis.name, kind)[-1][1]

    by_cost = sorted({kind for one in growth.samples for kind in one.cpu_ms}, key=cost, reverse=True)
    return list(dict.fromkeys([*by_cost[: DRAWN - 1], "realtime"]))


def _section(growth: Growth, axis: Axis) -> dict[str, object]:
    title, across, one = TITLES[axis.name]
    fits = {kind: capacity.line(growth, axis.name, kind) for kind in _dearest(growth, axis)}
    return {
        "name": axis.name,
        "title": title,
        "across": across,
        "range": (f"At {axis.per_s} messages a second, from" if axis.per_s else "From")
        + f" {axis.points[0]:,} to {axis.points[-1]:,}",
        "fits": [f"{kind} is {_worded(found, one)}" for kind, found in fits.items()],
        "rows": list(_levels(growth, axis)),
    }


def _levels(growth: Growth, axis: Axis) -> Iterator[list[str]]:
    for count in axis.points:
        level = [one for one in growth.samples if one.axis == axis.name and one.count == count]
        if level:
            yield [
                f"{count:,}",
                f"{statistics.median(sum(one.cpu_ms.values()) for one in level):.2f}",
                *(f"{statistics.median(one.cpu_ms[kind] for one in level):.3f}" for kind in ("realtime", "gateway")),
                f"{statistics.median(one.p50_ms for one in level):.1f}",
                f"{statistics.median(one.p99_ms for one in level):.1f}",
            ]


def _worded(found: Fit, one: str) -> str:
    shape = found.shape
    if shape == "neither":
        shape = "neither" if found.until is None else f"a line up to {found.until:,.0f} and not beyond"
    line = f"{found.intercept:.3f} ms and {found.slope * 1000:+.3f} µs for each {one}, R² {found.r2:.3f}"
    return f"**{shape}** ({line})"


def _kinds(known: Constants) -> Iterator[list[str]]:
    def told(values: Mapping[str, float], kind: str, factor: float) -> str:
        return f"{values[kind] * factor:.2f}" if kind in values else ""

    for kind in sorted(known.message_ms, key=lambda kind: -known.message_ms[kind]):
        yield [
            kind,
            f"{known.message_ms[kind]:.3f}",
            told(known.delivery_ms, kind, 1000),
            told(known.open_ms, kind, 1),
            told(known.socket_bytes, kind, 1 / 1024),
            told(known.idle_cores, kind, 1e6),
        ]


def _million(found: Sequence[Cluster]) -> Iterator[list[str]]:
    yield ["deliveries a second", *(f"{each.messages_per_s * each.hearers:,.0f}" for each in WANTED)]
    yield ["realtimes", *(f"{each.realtimes:,}" if each.realtimes else "**cannot**" for each in found)]
    yield ["gateways", *(f"{each.gateways:,}" for each in found)]
    for kind in sorted(found[1].cores, key=lambda kind: -found[1].cores[kind]):
        yield [f"{kind}, cores", *(f"{each.cores[kind]:.2f}" for each in found)]
    for kind in found[1].memory_bytes:
        yield [f"{kind}, memory of sockets", *(f"{each.memory_bytes[kind] / 2**30:.1f} GiB" for each in found)]
    for kind in found[1].lone_busy:
        yield [f"the one {kind} at work is busy", *(_busy(each.lone_busy[kind]) for each in found)]
    yield ["each realtime is busy reading", *(_busy(each.reading_busy) for each in found)]
    yield [
        f"cores of all nodes while one realtime's sockets return in {WANTED[0].return_s:g} s",
        *(f"{each.return_cores:.1f}" for each in found),
    ]


def _busy(share: float) -> str:
    return f"{share:.0%}" + (" **too much**" if share > BUSY_MAX else "")


def _worked(known: Constants, wanted: Wanted, found: Cluster) -> dict[str, object]:
    deliveries = wanted.messages_per_s * wanted.hearers
    writing, idling = deliveries * known.delivery_ms["realtime"] / 1000, wanted.sockets * known.idle_cores["realtime"]
    room = BUSY_MAX - found.reading_busy
    return {
        "deliveries": deliveries,
        "writing": writing,
        "idling": idling,
        "reading": found.reading_busy,
        "by_work": f"{ceil((writing + idling) / room):,}" if room > 0 else "",
        "by_sockets": ceil(wanted.sockets / SOCKETS_PER_PROCESS),
        "memory_gib": found.memory_bytes["realtime"] / 2**30,
        "open_ms": sum(known.open_ms.values()),
    }
