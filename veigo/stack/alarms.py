"""Alarms: what no restart mends and somebody has to decide about, in an append-only file of the stack's folder.

An alarm is told apart by what kind it is and what it is about. It stands from the line that raises it to the line
that clears it, which says why; a line that raises it again tells that more is missing by now. Who waits for one:

    await until(alarms.raised(AlarmKind.SLOT_DROPPED), within_s=10, why="the dropped slot raised no alarm")
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

from veigo.stack.problem import NotReadyError

FILE = "alarms.jsonl"
ROOMS_NAMED_MAX = 3  # in a sentence; the alarm itself has all of them, up to ROOMS_KEPT_MAX
ROOMS_KEPT_MAX = 1_000

Ranges = list[tuple[int, int]]


class AlarmKind(StrEnum):
    """What happened."""

    SLOT_DROPPED = "slot_dropped"
    SLOT_RECREATED = "slot_recreated"  # it begins after what was captured last
    SLOT_LOST = "slot_lost"  # past max_slot_wal_keep_size: PostgreSQL removed what it held
    SLOT_AT_RISK = "slot_at_risk"  # past max_slot_wal_keep_size, and not removed yet
    PUBLICATION_DROPPED = "publication_dropped"
    OFFSETS_LOST = "offsets_lost"  # Connect no longer knows how far it was
    OFFSETS_BEHIND = "offsets_behind"  # Connect would go on at a place the slot no longer has
    OFFSETS_AHEAD = "offsets_ahead"  # Connect would go on after the end of PostgreSQL's log
    CONNECTOR_MISSING = "connector_missing"
    CONNECTOR_FAILED = "connector_failed"  # and restarts do not mend it
    EVENTS_MISSING = "events_missing"  # the topic went on past events that it does not have
    RECORDS_GONE = "records_gone"  # from Kafka, before the aggregator read them


# What passes by itself when its cause does; everything else stands until it was repaired.
PASSING = frozenset({AlarmKind.SLOT_AT_RISK, AlarmKind.CONNECTOR_MISSING, AlarmKind.CONNECTOR_FAILED})


class Gap(msgspec.Struct, frozen=True):
    """What is missing, as far as it is known.

    Attributes:
        from_lsn: the last place in PostgreSQL's log that was captured; 0 when unknown.
        to_lsn: the place where capture goes on, or the log's end when it does not.
        rooms: room id → ranges of sequences (first, last) that did not reach Kafka; ROOMS_KEPT_MAX rooms at most.
        events: how many that are, in all rooms.
        rows: table → how many of its rows changed since the last place.
        certain: whether those rows are missing; otherwise each of them may be.
    """

    from_lsn: int = 0
    to_lsn: int = 0
    rooms: Mapping[str, Ranges] = {}
    events: int = 0
    rows: Mapping[str, int] = {}
    certain: bool = False

    def named(self) -> Iterator[tuple[str, int]]:
        """Every missing event that is named: room id and sequence."""
        for room, ranges in self.rooms.items():
            yield from ((room, number) for first, last in ranges for number in range(first, last + 1))

    def __str__(self) -> str:
        """In words."""
        parts = [f"{self.events:,} events of {len(self.rooms):,} rooms ({_named(self.rooms)})"] if self.events else []
        up_to = "" if self.certain else "up to "
        parts += [f"{up_to}{count:,} changed rows of {table}" for table, count in self.rows.items() if count]
        missing = " and ".join(parts) or "no event is missing yet"
        return f"{missing}; log {lsn_text(self.from_lsn)} to {lsn_text(self.to_lsn)}" if self.to_lsn else missing


class Alarm(msgspec.Struct, frozen=True):
    """An alarm that stands.

    Attributes:
        about: the connector, or the topic's partition.
        at_us: when it was raised, by the wall clock.
        sentence: what happened, to whom, and what is missing.
    """

    kind: AlarmKind
    about: str
    at_us: int
    sentence: str
    gap: Gap = Gap()


class _Line(msgspec.Struct, omit_defaults=True):
    do: str
    kind: AlarmKind
    about: str
    at_us: int
    sentence: str = ""
    gap: Gap | None = None


class Alarms:
    """The alarms of one stack. Several processes may write: each line is one write to the file's end."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def told(self) -> list[Alarm]:
        """Every alarm ever raised, cleared ones too, each as it was told last; in the order they were raised first."""
        latest: dict[tuple[AlarmKind, str, int], Alarm] = {}
        since: dict[tuple[AlarmKind, str], int] = {}
        for line in self._lines():
            key = (line.kind, line.about)
            if line.do == "clear":
                since.pop(key, None)
            else:
                at_us = since.setdefault(key, line.at_us)
                latest[*key, at_us] = Alarm(line.kind, line.about, at_us, line.sentence, line.gap or Gap())
        return list(latest.values())

    def standing(self) -> list[Alarm]:
        """The alarms nobody has cleared yet."""
        cleared_us = {(line.kind, line.about): line.at_us for line in self._lines() if line.do == "clear"}
        return [each for each in self.told() if each.at_us > cleared_us.get((each.kind, each.about), 0)]

    def stands(self, kind: AlarmKind, about: str) -> Alarm | None:
        """That alarm, if it was raised and nobody has cleared it yet."""
        return next((each for each in self.standing() if (each.kind, each.about) == (kind, about)), None)

    def out_of_place(self) -> set[str]:
        """The connectors (and partitions) about which an alarm stands that only a repair ends."""
        return {each.about for each in self.standing() if each.kind not in PASSING}

    def raise_(self, kind: AlarmKind, about: str, sentence: str, gap: Gap) -> None:
        """Raise an alarm, or tell what became of one that stands."""
        self._append(_Line("raise", kind, about, _now_us(), sentence, gap))

    def clear(self, alarms: Iterable[Alarm], why: str) -> None:
        """Say of alarms that they are over, and why."""
        for each in alarms:
            self._append(_Line("clear", each.kind, each.about, _now_us(), why))

    def raised(self, kind: AlarmKind, *, about: str = "", since_us: int = 0) -> Callable[[], Awaitable[None]]:
        """A question for ``until``: was such an alarm raised since, whether it still stands or not?"""

        async def ask() -> None:
            if self.find(kind, about=about, since_us=since_us) is None:
                standing = ", ".join(each.kind for each in self.standing()) or "none"
                raise NotReadyError(f"no alarm {kind}; standing: {standing}")

        return ask

    def find(self, kind: AlarmKind, *, about: str = "", since_us: int = 0) -> Alarm | None:
        """The newest such alarm, if there is one."""
        for each in reversed(self.told()):
            if each.kind is kind and about in ("", each.about) and each.at_us >= since_us:
                return each
        return None

    def _append(self, line: _Line) -> None:
        with self.path.open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")

    def _lines(self) -> list[_Line]:
        content = self._content()
        # What follows the last line's end is being written right now, or was when its writer was killed.
        complete = content[: content.rfind(b"\n") + 1].splitlines()
        return [msgspec.json.decode(line, type=_Line) for line in complete]

    def _content(self) -> bytes:
        """The file as it is now; empty when there is none."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""


def lsn_text(lsn: int) -> str:
    """A place in PostgreSQL's log as PostgreSQL writes it."""
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"


def ranges_of(sequences: Iterable[int]) -> Ranges:
    """Ascending numbers as ranges, first and last of each."""
    ranges: Ranges = []
    for number in sequences:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def _named(rooms: Mapping[str, Ranges]) -> str:
    named = [f"{room} {_ranges_text(ranges)}" for room, ranges in list(rooms.items())[:ROOMS_NAMED_MAX]]
    return ", ".join(named) + (" …" if len(rooms) > ROOMS_NAMED_MAX else "")


def _ranges_text(ranges: Ranges) -> str:
    return "+".join(f"{first}" if first == last else f"{first}–{last}" for first, last in ranges)


def _now_us() -> int:
    return time.time_ns() // 1_000
