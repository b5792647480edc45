"""Closes gaps in change capture: from PostgreSQL, which has everything, into Kafka, whatever lost it on the way.

A connector whose slot cannot be used any more is stopped and given a new one. What was committed before that begins is
in the tables, what is committed later will come out of the slot; so what is missing is put into the topics before the
connector goes on, and every room's events stay in order. A slot that can be used gives what it has first, and only
what is missing then is put in: late, which live sockets never notice (they read holes from chat's log) and OPA's data
does, so that is loaded anew.

Nothing is remembered between the steps. Killed anywhere, a repair finds what is left to do by looking.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from stack import capture_slots, connectors, rest
from stack.capture_facts import facts as facts_now
from stack.capture_facts import missed, stored_position
from stack.capture_rules import Facts, findings
from stack.capture_watch import Memory, repair_lock
from stack.captured_topics import CapturedTopics
from stack.missing import Missing, missing
from stack.replay import Replay
from veigo.stack.alarms import Alarms, lsn_text
from veigo.stack.problem import NotReadyError, StackError
from veigo.stack.readiness import until
from veigo.stack.stack import Stack
from veigo.stack.toolchain import try_lock

APPLIED_WITHIN_S = 600.0  # a replay of millions of events
ASKED_FOR_S = 2.0  # whoever only asks whether a repair is at work holds its lock for an instant

Say = Callable[[str], None]


@dataclass
class Repaired:
    """What was done.

    Attributes:
        events: events of room logs that were put in, in so many ``rooms``.
        rows: rows of other tables.
        unsettled: whether the read model has to be made anew from a snapshot, because something is in no log any more.
    """

    events: int = 0
    rooms: int = 0
    rows: int = 0
    unsettled: bool = False


async def looked_into(stack: Stack) -> tuple[list[str], Missing]:
    """What is broken, in sentences, and what is missing; nothing is changed.

    Raises:
        StackError: PostgreSQL, Connect or Kafka does not answer.
    """
    facts = await _facts(stack)
    known = Memory(stack.folder).read()
    broken = [
        f"{each.connector}: {finding.reason}"
        for each in facts
        if each.connector in known
        for finding in findings(each, known[each.connector], float("inf"))
    ]
    with _topics(stack) as captured:
        return broken, await _settled(stack, captured, [each.connector for each in facts if is_running(each)])


def sentences(broken: list[str], missing: Missing) -> list[str]:
    """What `looked_into` found, to be shown; the last line says that there is nothing."""
    lines = [f"✗ {sentence}" for sentence in broken]
    if missing:
        lines.append(f"✗ missing in Kafka: {missing.gap}")
        for room, ranges in missing.gap.rooms.items():
            lines.append(f"    room {room}: " + ", ".join(f"{first}–{last}" for first, last in ranges))
    if missing.swept:
        events, rooms = sum(map(len, missing.swept.values())), len(missing.swept)
        lines.append(f"✗ {events:,} events of {rooms:,} rooms are in no log any more")
    if not broken and not missing:
        lines.append("✓ change capture is sound, and Kafka has everything that PostgreSQL has")
    return lines


async def repaired(stack: Stack, say: Say) -> Repaired:
    """Have capture go on, and everything that is missing be in Kafka.

    Raises:
        StackError: one sentence; what was done stays done, and the next repair goes on from there.
    """
    facts = await _facts(stack)
    done = Repaired()
    with _topics(stack) as captured:
        replay = Replay(stack.addresses_of("kafka"), captured)
        overtaken = await _replace_slots(stack, facts, captured, replay, done, say)
        for each in facts:
            if capture_slots.has_usable_slot(each) and is_misplaced(each) and each.slot is not None:
                await capture_slots.stopped(stack, each.connector)
                await capture_slots.go_on_at(stack, each.connector, each.slot.confirmed_lsn)
                say(f"{each.connector} goes on where its slot is, at {lsn_text(each.slot.confirmed_lsn)}")
            elif each.state is None:
                await capture_slots.stopped(stack, each.connector)
        await asyncio.gather(*(connectors.capture(stack, each.connector) for each in facts))
        late = await _settled(stack, captured, list(connectors.DATABASES))
        if late:
            overtaken |= bool(late.events)
            await _put_in(replay, late, done, say)
            await _require_whole(stack, captured)
        if overtaken:
            await asyncio.to_thread(captured.read)
            await until(
                partial(_require_applied, stack, captured.reached), APPLIED_WITHIN_S, "the aggregator is behind"
            )
            await _reload_policy_data(stack)
    swept = late.swept and Alarms(stack.folder).standing()  # without an alarm, an earlier repair has dealt with it
    done.unsettled = bool(swept or await missed(stack))
    await _remember(stack)
    return done


def is_running(facts: Facts) -> bool:
    """Whether a heartbeat may be expected of the connector."""
    return facts.state == "RUNNING" and capture_slots.has_usable_slot(facts) and not is_misplaced(facts)


def is_misplaced(facts: Facts) -> bool:
    """Whether the connector would not go on where its slot is: nothing stored, or another place than the slot has."""
    stored, slot = facts.stored, facts.slot
    if stored is None or slot is None:
        return True
    return not slot.restart_lsn <= stored.lsn <= facts.log_end_lsn


def _topics(stack: Stack) -> CapturedTopics:
    known = Memory(stack.folder).read().get("chat")
    return CapturedTopics(stack.addresses_of("kafka"), known.at_us if known is not None else 0)


async def _facts(stack: Stack) -> list[Facts]:
    try:
        facts = await facts_now(stack)
    except Exception as error:
        raise StackError(f"PostgreSQL does not answer ({error}); `veigo start postgres` starts it") from error
    if not all(each.answers for each in facts):
        raise StackError("Kafka Connect does not answer; `veigo start connect` starts it")
    return facts


async def _replace_slots(
    stack: Stack, facts: list[Facts], captured: CapturedTopics, replay: Replay, done: Repaired, say: Say
) -> bool:
    """New slots where the old ones are of no use, with what they will not bring; whether any of that comes too late."""
    lost = [each.connector for each in facts if not capture_slots.has_usable_slot(each)]
    if not lost:
        return False
    for name in lost:
        await capture_slots.stopped(stack, name)
    begins = {name: await capture_slots.made_anew(stack, name) for name in lost}
    for name, lsn in begins.items():
        say(f"{name} has a new slot, which begins at {lsn_text(lsn)}")
    await asyncio.to_thread(captured.read)
    found = (await missing(stack, captured)).of(lost)
    overtaken = any(max(captured.rooms.get(room, {0})) > rows[0]["sequence"] for room, rows in found.events.items())
    await _put_in(replay, found, done, say)
    for name, lsn in begins.items():
        await capture_slots.go_on_at(stack, name, lsn)
    return overtaken


async def _settled(stack: Stack, captured: CapturedTopics, running: list[str]) -> Missing:
    """What is missing, and not merely on its way."""
    await asyncio.to_thread(captured.read)
    found = await missing(stack, captured)
    if not found:
        return found
    await asyncio.gather(*(connectors.follow_heartbeat(stack, name) for name in running))
    await asyncio.to_thread(captured.read)
    return found.still(captured)


async def _put_in(replay: Replay, found: Missing, done: Repaired, say: Say) -> None:
    await asyncio.to_thread(replay.send, found)
    done.events += found.gap.events
    done.rooms += len(found.events)
    done.rows += len(found.rows) + len(found.gone)
    say(f"put into Kafka: {found.gap}")
    if found.swept:
        count = sum(map(len, found.swept.values()))
        say(
            f"{count:,} events of {len(found.swept):,} rooms are in no log any more; what they came to is in the tables"
        )


async def _require_whole(stack: Stack, captured: CapturedTopics) -> None:
    """Look once more, with what was put in read back."""
    left = await _settled(stack, captured, list(connectors.DATABASES))
    if left.events or left.rows or left.gone:
        raise StackError(
            f"still missing in Kafka: {left.gap}; see {stack.log('connect')}, and run `veigo repair` again"
        )


async def _require_applied(stack: Stack, reached: dict[str, int]) -> None:
    for node in stack.topology.replicas("aggregator"):
        page = await rest.request(stack.address(node.name), "GET", "/healthz")
        if page["role"] == "at work":
            behind = [at for at, offset in reached.items() if page["partitions"][at]["position"] < offset]
            if behind:
                raise NotReadyError(f"it has not read all of {', '.join(behind)}")
            return
    raise NotReadyError("no aggregator is at work")


async def _reload_policy_data(stack: Stack) -> None:
    """Have the aggregator load OPA from the documents: there, what comes late counts; in a patch it would not."""
    try:
        await rest.request(stack.address("opa"), "DELETE", "/v1/data/aggregated/marker")
    except NotReadyError:  # it is not loaded, so it will be
        return


async def _remember(stack: Stack) -> None:
    positions = {name: await stored_position(stack, name) for name in connectors.DATABASES}
    Memory(stack.folder).write({name: position for name, position in positions.items() if position is not None})


def cleared(stack: Stack, done: Repaired) -> None:
    """Clear every alarm."""
    alarms = Alarms(stack.folder)
    alarms.clear(alarms.standing(), f"repaired: {done.events:,} events of {done.rooms:,} rooms, {done.rows:,} rows")


@asynccontextmanager
async def alone(stack: Stack) -> AsyncIterator[None]:
    """Be the only repair; who watches over change capture looks away meanwhile.

    Raises:
        StackError: another one is at work.
    """
    with repair_lock(stack).open("a") as file:

        async def ask() -> None:
            if not try_lock(file.fileno()):
                raise NotReadyError("it holds the lock")

        await until(ask, ASKED_FOR_S, f"another repair of stack {stack.name} is at work; wait for it")
        try:
            yield
        finally:
            now_ns = time.time_ns()
            os.utime(file.name, ns=(now_ns, now_ns))  # what the watch saw before is not raised any more


async def repair(stack: Stack) -> None:
    """Close every gap and clear the alarms; for whoever broke it on purpose.

    Raises:
        StackError: it cannot be closed, or the read model has to be made anew.
    """
    async with alone(stack):
        done = await repaired(stack, lambda _: None)
        if done.unsettled:
            raise StackError(f"the read model needs what is in no log any more; run `veigo repair --name {stack.name}`")
        cleared(stack, done)
