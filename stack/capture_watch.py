"""Watches over change capture, as long as PostgreSQL runs, and raises the alarm for what no restart mends.

Two looks every second or two, each of which would do alone: what is broken (slots, publications, stored positions,
connectors), and what is missing (every event of the last moments that is in PostgreSQL and not in Kafka). The first
says why, the second that something is, whatever lost it. How far each connector was when all was well is kept in
``capture.json``, so that what happens while the stack is down is found when it is up.

While a repair works nothing is looked at: it breaks things on purpose, and looks into everything itself.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from stack import capture_gap
from stack.alarm_metric import AlarmMetric
from stack.capture_audit import Audit
from stack.capture_facts import facts as facts_now
from stack.capture_facts import missed
from stack.capture_rules import Facts, Finding, Position, confirmed, findings, is_unstored
from stack.capture_tail import CaptureTail
from veigo.stack.alarms import PASSING, AlarmKind, Alarms, Gap
from veigo.stack.stack import Stack
from veigo.stack.toolchain import try_lock

LOOK_EVERY_S = 1.0
AUDIT_EVERY_S = 1.5
AUDITED_S = 15.0  # how far back: longer than a request's transaction may take
KEPT_S = 120.0
MEASURE_AFTER_S = 4.0  # a standing alarm's gap is measured again, and then ever less often
MEASURE_AFTER_S_MAX = 60.0
NEVER = (0.0, MEASURE_AFTER_S)


class Memory:
    """How far each connector was when all was well: in a file, so that it outlives the runner."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "capture.json"

    def read(self) -> dict[str, Position]:
        """Read it; empty before a connector has ever been well."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Position])
        except FileNotFoundError:
            return {}

    def write(self, known: dict[str, Position]) -> None:
        """Replace it in one step."""
        draft = self._path.with_suffix(".draft")
        draft.write_bytes(msgspec.json.encode(known))
        draft.replace(self._path)


def repair_lock(stack: Stack) -> Path:
    """The file a repair holds locked while it works."""
    return stack.folder / "repair.lock"


def is_repairing(stack: Stack) -> bool:
    """Whether a repair is at work."""
    with repair_lock(stack).open("a") as file:
        return not try_lock(file.fileno())


def repaired_since(stack: Stack, at_ns: int) -> bool:
    """Whether a repair is at work or was since a moment: what was seen before it may be so no longer."""
    return is_repairing(stack) or repair_lock(stack).stat().st_mtime_ns >= at_ns


class CaptureWatch:
    """One stack's watch."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._alarms = Alarms(stack.folder)
        self._memory = Memory(stack.folder)
        self._failing: dict[str, tuple[float, Position | None]] = {}
        self._unstored: dict[str, bool] = {}
        self._measure: dict[tuple[AlarmKind, str], tuple[float, float]] = {}  # not before, and the pause after that
        since_us = time.time_ns() // 1_000 - int(KEPT_S * 1e6)
        self._tail = CaptureTail(stack.addresses_of("kafka"), since_us, KEPT_S)
        self._audit = Audit()
        self._stored_lsn = 0  # up to where Kafka has what is in chat's log, as of the last look

    async def look(self) -> None:
        """Look at what is broken, raise what is new, and clear what has passed."""
        looked_ns = time.time_ns()
        known = self._memory.read()
        was = dict(known)
        for facts in await facts_now(self._stack):
            name = facts.connector
            if name == "chat" and facts.stored is not None:
                self._stored_lsn = facts.stored.lsn
            if name in known:
                await self._judge(facts, known[name], looked_ns)
            if facts.sound and facts.stored is not None and name not in self._alarms.out_of_place():
                known[name] = facts.stored
        if known != was and not repaired_since(self._stack, looked_ns):
            self._memory.write(known)

    async def audit(self) -> None:
        """Look at what is missing, once there is something to capture."""
        if "chat" not in self._memory.read():
            return
        looked_ns = time.time_ns()
        since_us = looked_ns // 1_000 - int(AUDITED_S * 1e6)
        stored_lsn = self._stored_lsn
        committed, log_end_lsn = await capture_gap.committed_since(self._stack, since_us)
        await asyncio.to_thread(self._tail.read)
        lost = self._audit.missing(committed, log_end_lsn, self._tail.events.keys(), stored_lsn)
        if lost:
            standing = self._alarms.stands(AlarmKind.EVENTS_MISSING, "chat")
            gap = capture_gap.gap_of([*lost, *(standing.gap.named() if standing else ())], 0, 0, {})
            what = f"the topic of room events went on without some. Missing in Kafka: {gap}"
            self._raise(AlarmKind.EVENTS_MISSING, "chat", what, gap, looked_ns)

    async def consumers(self) -> None:
        """Look whether records were gone before they were read."""
        looked_ns = time.time_ns()
        for partition, first, there in await missed(self._stack):
            if self._alarms.stands(AlarmKind.RECORDS_GONE, partition) is None:
                why = f"records {first:,} to {there - 1:,} were gone from Kafka before the aggregator had read them"
                self._raise(AlarmKind.RECORDS_GONE, partition, why, Gap(), looked_ns)

    async def _judge(self, facts: Facts, known: Position, looked_ns: int) -> None:
        found = self._confirmed(facts.connector, findings(facts, known, self._failing_s(facts)))
        due = [finding for finding in found if self._is_due(finding.kind, facts.connector)]
        gap = await self._measured(facts, known) if due else None
        for finding in due:
            self._tell(finding, facts.connector, gap, looked_ns)
        kinds = {finding.kind for finding in found}
        passed = [
            each for each in self._alarms.standing() if each.about == facts.connector and each.kind in PASSING - kinds
        ]
        if facts.answers and passed:
            self._alarms.clear(passed, "it is over")
            print(f"over: {', '.join(each.kind for each in passed)} of {facts.connector}", flush=True)  # noqa: T201 - the runner's log

    def _confirmed(self, connector: str, found: list[Finding]) -> list[Finding]:
        """What is left when what was seen for the first time is not believed yet."""
        left = confirmed(found, unstored_before=self._unstored.get(connector, False))
        self._unstored[connector] = is_unstored(found)
        return left

    def _is_due(self, kind: AlarmKind, about: str) -> bool:
        """Whether it is new, or long enough ago that it was measured."""
        due_s, _ = self._measure.get((kind, about), (0.0, 0.0))
        return time.monotonic() >= due_s or self._alarms.stands(kind, about) is None

    async def _measured(self, facts: Facts, known: Position) -> Gap | None:
        """What is missing; None when it cannot be said now."""
        try:
            return await capture_gap.measured(self._stack, facts, known)
        except Exception as error:  # noqa: BLE001 - an alarm without its gap is better than none
            print(f"what is missing cannot be said now: {error!r}", flush=True)  # noqa: T201 - the runner's log
            return None

    def _tell(self, finding: Finding, about: str, gap: Gap | None, looked_ns: int) -> None:
        """Raise an alarm with its gap; tell of one that stands when more is missing by now."""
        key = (finding.kind, about)
        standing = self._alarms.stands(*key)
        pause_s = (
            MEASURE_AFTER_S if standing is None else min(2 * self._measure.get(key, NEVER)[1], MEASURE_AFTER_S_MAX)
        )
        self._measure[key] = (time.monotonic() + pause_s, pause_s)
        if gap is None and standing is None:
            self._raise(*key, f"{finding.reason}. What is missing cannot be said now", Gap(), looked_ns)
        elif gap is not None and (
            standing is None or (gap.events, gap.rows) != (standing.gap.events, standing.gap.rows)
        ):
            self._raise(*key, f"{finding.reason}. Missing in Kafka: {gap}", gap, looked_ns)

    def _raise(self, kind: AlarmKind, about: str, what: str, gap: Gap, looked_ns: int) -> None:
        if repaired_since(self._stack, looked_ns):
            return
        sentence = f"{about}: {what}. `veigo repair` closes the gap"
        print(f"ALARM {kind}: {sentence}", flush=True)  # noqa: T201 - the runner's output is its log
        self._alarms.raise_(kind, about, sentence, gap)

    def _failing_s(self, facts: Facts) -> float:
        """For how long the connector has been failing without getting any further."""
        now_s = time.monotonic()
        since_s, stored = self._failing.get(facts.connector, (now_s, facts.stored))
        if not facts.answers or (facts.state not in ("FAILED", "RESTARTING", None)) or facts.stored != stored:
            since_s = now_s
        self._failing[facts.connector] = (since_s, facts.stored)
        return now_s - since_s


async def watch(stack: Stack) -> None:
    """Look again and again, for as long as PostgreSQL runs."""
    watching = CaptureWatch(stack)
    with AlarmMetric(stack):
        async with asyncio.TaskGroup() as group:
            group.create_task(_again(watching.look, LOOK_EVERY_S))
            group.create_task(_again(watching.audit, AUDIT_EVERY_S))
            group.create_task(_again(watching.consumers, LOOK_EVERY_S))


async def _again(look: Callable[[], Awaitable[None]], every_s: float) -> None:
    """Look for ever; what keeps it from looking is said when it begins and when it ends."""
    trouble = ""
    while True:
        await asyncio.sleep(every_s)
        try:
            await look()
        except Exception as error:  # noqa: BLE001 - a part that is away is looked at when it is back
            if type(error).__name__ != trouble:
                print(f"change capture cannot be watched ({look.__name__}): {error!r}", flush=True)  # noqa: T201
            trouble = type(error).__name__
        else:
            trouble = ""
