"""How far the aggregator is and what it waits for: what the follower notes and /healthz tells."""

import time
from dataclasses import dataclass, field, fields
from typing import Any

STEP_S_MAX = 3.0  # a step that takes longer is a part that hangs, or has more to do than it should

Partition = tuple[str, int]


@dataclass(slots=True)
class Progress:
    """Where everything stands.

    Attributes:
        standby: another aggregator is at work; we wait for it to leave.
        assigned: partitions are known and their positions read.
        loaded: OPA holds everything the documents held, and what came since.
        waiting_for: the part that keeps us from going on, with its error; None when nothing does.
        log_away: the error of asking Kafka how far the log goes; None when it answered.
        step: the part that is at work for us just now, and since when.
        positions: the next offset to read; stored, that is: everything before it is done.
        ends: the offset the log's next record will get, as last asked.
        gaps: records that were gone from Kafka before they were read, by partition: (first, next that is there).
        rooms: how many rooms' versions OPA holds.
        sessions: how many sessions' versions OPA holds.
    """

    standby: bool = False
    assigned: bool = False
    loaded: bool = False
    waiting_for: str | None = None
    log_away: str | None = None
    step: tuple[str, float] | None = None
    positions: dict[Partition, int] = field(default_factory=dict)
    ends: dict[Partition, int] = field(default_factory=dict)
    gaps: dict[Partition, tuple[int, int]] = field(default_factory=dict)
    rooms: int = 0
    sessions: int = 0
    loads: int = 0
    rewinds: int = 0
    rebuilds: int = 0
    records: int = 0
    ignored: int = 0
    dead_letters: int = 0
    applied_at_s: float | None = None

    def begin(self, *, standby: bool) -> None:
        """Forget everything: a new turn at work, or at waiting for one, begins."""
        fresh = Progress(standby=standby)
        for each in fields(self):
            setattr(self, each.name, getattr(fresh, each.name))

    def lag(self) -> dict[str, int]:
        """How many records of each partition the log has and we have not applied, as last asked."""
        return {
            f"{topic}/{partition}": max(0, self.ends.get((topic, partition), position) - position)
            for (topic, partition), position in list(self.positions.items())
        }

    def trouble(self, now_s: float) -> str | None:
        """Why this is not healthy; None when it is."""
        if self.waiting_for or self.log_away:
            return f"waiting for {self.waiting_for or self.log_away}"
        if self.step is not None and now_s - self.step[1] > STEP_S_MAX:
            return f"waiting for {self.step[0]}: no answer for {now_s - self.step[1]:.0f} s"
        if self.standby:
            return None
        if not self.assigned:
            return "partitions are not assigned yet"
        return None if self.loaded else "OPA is not loaded yet"


def report(progress: Progress, now_s: float) -> tuple[int, dict[str, Any]]:
    """HTTP status and body of /healthz; `now_s` is the clock `applied_at_s` was read from."""
    trouble = progress.trouble(now_s)
    applied_at_s = progress.applied_at_s
    partitions = {
        f"{topic}:{partition}": {
            "position": position,
            "end": progress.ends.get((topic, partition)),
            "lag": max(0, progress.ends.get((topic, partition), position) - position),
            "missed": progress.gaps.get((topic, partition)),
        }
        for (topic, partition), position in sorted(progress.positions.items())
    }
    return 503 if trouble else 200, {
        "status": "waiting" if trouble else "ok",
        "role": "standing by" if progress.standby else "at work",
        "reason": trouble,
        "partitions": partitions,
        "lag": sum(partition["lag"] for partition in partitions.values()),
        "policy_data": {"rooms": progress.rooms, "sessions": progress.sessions, "loads": progress.loads},
        "records": {
            "applied": progress.records,
            "ignored": progress.ignored,
            "dead_letters": progress.dead_letters,
            "rewinds": progress.rewinds,
            "rebuilds": progress.rebuilds,
        },
        "last_applied_s": None if applied_at_s is None else round(now_s - applied_at_s, 3),
    }


def clock_s() -> float:
    """The clock all of this is measured by."""
    return time.monotonic()
