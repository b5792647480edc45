"""What a crowd has seen so far: how many sockets are where, what ended some, and which messages reached them. Pure.

A message of a test says of itself which it is: ``crowd:<group>:<number>:<sent ns>`` somewhere in the frame, the number
counting from 1 in its room, the time on the monotonic clock that all processes of a machine share. Latencies are kept
in buckets 2 % wide, so that those of all processes can be added up.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable

import msgspec

MARK = re.compile(rb"crowd:(\w+):(\d+):(\d+)")
BUCKETS_PER_E = 50  # a bucket is exp(1/50) wide: 2 %
FLOOR_MS = 0.01
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
REASONS_MAX = 50  # different ends of sockets that are told apart


def mark(group: str, number: int, sent_ns: int) -> str:
    """Return what a message says of itself."""
    return f"crowd:{group}:{number}:{sent_ns}"


class Group(msgspec.Struct):
    """The deliveries of one group of messages.

    Attributes:
        count: deliveries.
        repeated: those of a message the socket had, or had passed.
        missed: messages that a later one overtook and that had not come.
        buckets: how many deliveries took how long.
    """

    count: int = 0
    repeated: int = 0
    missed: int = 0
    buckets: dict[int, int] = {}

    def note(self, latency_ms: float) -> None:
        """Note a delivery's latency."""
        bucket = math.floor(math.log(max(latency_ms, FLOOR_MS)) * BUCKETS_PER_E)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1

    def percentile_ms(self, percent: float) -> float | None:
        """Return a nearest-rank percentile, as the middle of its bucket; None when nothing was delivered."""
        rank = max(1, math.ceil(percent / 100 * sum(self.buckets.values())))
        for bucket in sorted(self.buckets):
            rank -= self.buckets[bucket]
            if rank <= 0:
                return math.exp((bucket + 0.5) / BUCKETS_PER_E)
        return None


class Tally(msgspec.Struct):
    """Where the sockets of one holder, or of all, are.

    Attributes:
        settled: sockets that have said all they had to say, ever.
        given_up: sockets that never came so far, however often they were tried.
        open: those that are open now.
        lost: ends of sockets, by what ended them.
        pings: pings answered, the protocol's own and those above it.
        frames: frames that came, pings included.
        memory_bytes: of the holders themselves.
        groups: deliveries of marked messages.
    """

    settled: int = 0
    given_up: int = 0
    open: int = 0
    lost: dict[str, int] = {}
    pings: int = 0
    frames: int = 0
    memory_bytes: int = 0
    groups: dict[str, Group] = {}

    def lose(self, reason: str) -> None:
        """Count a socket that ended; reasons that differ by an id only are one."""
        reason = ID.sub("…", reason)
        known = reason in self.lost or len(self.lost) < REASONS_MAX
        reason = reason if known else "for another reason"
        self.lost[reason] = self.lost.get(reason, 0) + 1

    def heard(self, payload: bytes, last: int, now_ns: int) -> int:
        """Take a text frame of a socket whose newest message was number `last`; return which is the newest now."""
        found = MARK.search(payload)
        if found is None:
            return last
        group = self.groups.setdefault(found[1].decode(), Group())
        number = int(found[2])
        if number <= last:
            group.repeated += 1
            return last
        group.count += 1
        group.missed += number - last - 1
        group.note((now_ns - int(found[3])) / 1e6)
        return number


def added(tallies: Iterable[Tally]) -> Tally:
    """Add up what several holders have seen."""
    total = Tally()
    for tally in tallies:
        total.settled += tally.settled
        total.given_up += tally.given_up
        total.open += tally.open
        total.pings += tally.pings
        total.frames += tally.frames
        total.memory_bytes += tally.memory_bytes
        total.lost = dict(Counter(total.lost) + Counter(tally.lost))
        for name, group in tally.groups.items():
            sum_ = total.groups.setdefault(name, Group())
            sum_.count += group.count
            sum_.repeated += group.repeated
            sum_.missed += group.missed
            sum_.buckets = dict(Counter(sum_.buckets) + Counter(group.buckets))
    return total
