"""The arithmetic of a million connections, from what was measured. Pure.

Costs are processor time: a node that takes 2 ms a message takes two cores at 1,000 messages a second, wherever it runs.
"""

from collections.abc import Mapping, Sequence
from math import ceil

import msgspec

from bench.growth.axes import IDLE, LISTENERS, MEMBERS, RATE, REPLICAS
from bench.growth.fits import Fit, fit, medians
from bench.growth.results import Growth, Sample

BUSY_MAX = 0.6  # of a core: what is planned for; the rest is for bursts and for neighbours that fail
SOCKETS_PER_PROCESS = 50_000  # `SOCKETS_MAX` of a realtime; a gateway is given as many
LONE = ("aggregator", "connect")  # kinds of which one is at work, however many there are


class Wanted(msgspec.Struct, frozen=True):
    """What a cluster is to carry.

    Attributes:
        sockets: open connections.
        messages_per_s: in all rooms together.
        hearers: open sockets in a message's room.
        return_s: within which the sockets of a realtime that died are back.
    """

    sockets: int
    messages_per_s: float
    hearers: int
    return_s: float


class Constants(msgspec.Struct, frozen=True):
    """What was measured, by kind of node.

    Attributes:
        message_ms: for one message more, where there are many, but for what its deliveries cost.
        delivery_ms: for each delivery, where a kind has a part in it.
        read_ms: of each realtime for a message it reads, whether or not it has sockets in the room.
        fetch_ms: of Kafka for each realtime that reads a message.
        socket_bytes: resident memory of an open socket.
        idle_cores: of an open socket that says nothing.
        open_ms: for a socket to be opened and to join a room.
    """

    message_ms: Mapping[str, float]
    delivery_ms: Mapping[str, float]
    read_ms: float
    fetch_ms: float
    socket_bytes: Mapping[str, float]
    idle_cores: Mapping[str, float]
    open_ms: Mapping[str, float]


class Cluster(msgspec.Struct, frozen=True):
    """What it takes.

    Attributes:
        realtimes: processes.
        gateways: processes.
        cores: of each kind, busy with this.
        memory_bytes: of each kind that holds sockets, for them alone.
        lone_busy: how busy each kind is of which one is at work: above `BUSY_MAX` it does not work so.
        reading_busy: how busy each realtime is with reading what concerns none of its sockets.
        return_cores: of all kinds, while the sockets of one realtime come back.
    """

    realtimes: int
    gateways: int
    cores: Mapping[str, float]
    memory_bytes: Mapping[str, float]
    lone_busy: Mapping[str, float]
    reading_busy: float
    return_cores: float


def costs(samples: Sequence[Sample], axis: str, kind: str) -> list[tuple[float, float]]:
    """Return the median cost of a message for a kind, in milliseconds, at each level of an axis."""
    return medians([(float(one.count), one.cpu_ms.get(kind, 0.0)) for one in samples if one.axis == axis])


def line(growth: Growth, axis: str, kind: str) -> Fit:
    """Fit a kind's cost of a message on an axis."""
    return fit(costs(growth.samples, axis, kind))


def marginal(growth: Growth, kind: str) -> Fit:
    """Fit what a kind spends in a second, in milliseconds, to how many messages there are in it.

    The slope is what one more costs. What a message costs where there are few is more, by what goes on around it.
    """
    return fit([(per_s, per_s * cost) for per_s, cost in costs(growth.samples, RATE.name, kind)])


def constants(growth: Growth) -> Constants:
    """Read the constants out of the figures."""
    assert growth.opening is not None, "sockets were opened"
    kinds = sorted({kind for one in growth.samples for kind in one.cpu_ms})
    carry = ("gateway", "realtime")
    few, many = IDLE.points[0], IDLE.points[-1]
    delivery_ms = {kind: max(0.0, line(growth, MEMBERS.name, kind).slope) for kind in carry}
    return Constants(
        message_ms={
            kind: max(0.0, marginal(growth, kind).slope - LISTENERS * delivery_ms.get(kind, 0.0)) for kind in kinds
        },
        delivery_ms=delivery_ms,
        read_ms=max(0.0, line(growth, REPLICAS.name, "realtime").slope),
        fetch_ms=max(0.0, line(growth, REPLICAS.name, "kafka").slope),
        socket_bytes=growth.opening.rss_bytes,
        idle_cores={
            kind: max(0.0, growth.idle_cpu[kind][1] - growth.idle_cpu[kind][0]) / (many - few) for kind in carry
        },
        open_ms=growth.opening.cpu_ms,
    )


def cluster(known: Constants, wanted: Wanted) -> Cluster:
    """Return what carries that."""
    messages, deliveries = wanted.messages_per_s, wanted.messages_per_s * wanted.hearers
    own = {
        kind: deliveries * known.delivery_ms[kind] / 1000 + wanted.sockets * known.idle_cores[kind]
        for kind in known.delivery_ms
    }
    reading = messages * known.read_ms / 1000  # cores of each realtime, whatever its sockets
    by_sockets = ceil(wanted.sockets / SOCKETS_PER_PROCESS)
    room = BUSY_MAX - reading
    realtimes = max(by_sockets, ceil(own["realtime"] / room)) if room > 0 else 0
    gateway = own["gateway"] + messages * known.message_ms["gateway"] / 1000
    cores = {kind: messages * ms / 1000 for kind, ms in known.message_ms.items()}
    cores["gateway"] = gateway
    cores["realtime"] = own["realtime"] + realtimes * reading
    cores["kafka"] += max(0, realtimes - 1) * messages * known.fetch_ms / 1000
    return Cluster(
        realtimes=realtimes,
        gateways=max(by_sockets, ceil(gateway / BUSY_MAX)),
        cores=cores,
        memory_bytes={kind: wanted.sockets * each for kind, each in known.socket_bytes.items()},
        lone_busy={kind: cores[kind] for kind in LONE},
        reading_busy=reading,
        return_cores=min(SOCKETS_PER_PROCESS, wanted.sockets) * sum(known.open_ms.values()) / 1000 / wanted.return_s,
    )


def messages_per_s_max(known: Constants) -> dict[str, float]:
    """Return at how many messages a second each part is full of which there cannot be more."""
    full = {kind: BUSY_MAX * 1000 / known.message_ms[kind] for kind in LONE if known.message_ms[kind]}
    if known.read_ms:
        full["realtime"] = BUSY_MAX * 1000 / known.read_ms
    return full
