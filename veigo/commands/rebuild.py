"""``veigo rebuild``: have the read model in MongoDB made anew, from Kafka or a fresh snapshot, while the stack goes on.

Kafka will do while its topics are whole; where records have expired, Debezium reads the tables. The aggregator carries
it out: what the policies decide by stays as it is meanwhile. In the end the documents are held against PostgreSQL.
"""

import asyncio
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veigo.commands.display import complain, say
from veigo.commands.up import Name, running
from veigo.stack.alarms import AlarmKind, Alarms
from veigo.stack.problem import NotReadyError, StackError
from veigo.stack.readiness import until

if TYPE_CHECKING:
    from stack.snapshot import Snapshot
    from veigo.read_model import Comparison
    from veigo.stack.stack import Stack

REBUILT_WITHIN_S = 3_600.0
COMPARISONS_MAX = 20  # of rooms that keep moving; those that always did are named
DIFFERENCES_SHOWN_MAX = 10


class Source(StrEnum):
    """What a rebuild begins with."""

    AUTO = "auto"
    KAFKA = "kafka"
    SNAPSHOT = "snapshot"


From = Annotated[
    Source,
    typer.Option(
        "--from", help="Every record in Kafka, a fresh snapshot of the tables, or auto: Kafka if it is whole."
    ),
]


def rebuild(name: Name = "default", source: From = Source.AUTO) -> None:
    """Rebuild the read model and compare it with PostgreSQL. Exit code 0: it is equal, 1: it is not."""
    try:
        stack = running(name)
        equal = asyncio.run(_rebuild(stack, source))
    except StackError as error:
        complain(str(error))
        raise typer.Exit(1) from None
    raise typer.Exit(0 if equal else 1)


async def _rebuild(stack: "Stack", source: Source) -> bool:
    from stack import read_model, snapshot

    gone = {topic: await asyncio.to_thread(read_model.begins_at, stack, topic) for topic in snapshot.SOURCES}
    missing = ", ".join(f"{count:,} of {topic}" for topic, count in gone.items() if count)
    if missing and source is Source.KAFKA:
        raise StackError(f"records are gone from Kafka ({missing}); rebuild with --from snapshot")
    before = await _progress(stack)
    began = time.monotonic()
    if missing or source is Source.SNAPSHOT:
        say(f"records are gone from Kafka ({missing}); Debezium reads the tables" if missing else "reading the tables")
        async with snapshot.taken(stack) as rows:
            say(f"a snapshot of {rows.records:,} records took {time.monotonic() - began:.1f} s")
            await carried_out(stack, rows)
    else:
        await carried_out(stack, None)
    await until(lambda: require_caught_up(stack), REBUILT_WITHIN_S, "the aggregator did not catch up")
    took_s = time.monotonic() - began
    applied = (await _progress(stack))["records"]["applied"] - before["records"]["applied"]
    say(f"{applied:,} records applied; {took_s:.1f} s altogether")
    equal = told(await compared(stack))
    if equal:
        alarms = Alarms(stack.folder)
        settled = [each for each in alarms.standing() if each.kind is AlarmKind.RECORDS_GONE]
        alarms.clear(settled, "the read model was made anew")
    return equal


async def carried_out(stack: "Stack", rows: "Snapshot | None") -> None:
    """Have the aggregator begin anew, and wait until it has taken in all rows of the snapshot, if there is one."""
    from stack import read_model

    async def require_done() -> None:
        if await asyncio.to_thread(read_model.is_ordered, stack):
            raise NotReadyError("the aggregator is at it, or has not noticed yet; see `veigo logs aggregator`")

    await asyncio.to_thread(read_model.order, stack, rows)
    await until(require_done, REBUILT_WITHIN_S, "the aggregator did not make the read model anew")


async def _progress(stack: "Stack") -> dict[str, Any]:
    """What the aggregator at work says of itself."""
    from stack import rest

    for node in stack.topology.replicas("aggregator"):
        page: dict[str, Any] = await rest.request(stack.address(node.name), "GET", "/healthz")
        if page["role"] == "at work":
            return page
    raise NotReadyError("no aggregator is at work")


async def require_caught_up(stack: "Stack") -> None:
    """Ask the aggregator whether it has read everything; raise NotReadyError when it has not."""
    page = await _progress(stack)
    if page["lag"] or page["status"] != "ok":
        raise NotReadyError(page["reason"] or f"{page['lag']:,} records to go")


async def compared(stack: "Stack") -> "Comparison":
    """Compare until no room moved on between the two readings, or it is clear that some always do."""
    from stack import read_model
    from veigo.read_model import compare

    comparison = None
    for _ in range(COMPARISONS_MAX):
        rooms, profiles = await read_model.states(stack)
        await until(lambda: require_caught_up(stack), 60.0, "the aggregator does not catch up")
        comparison = compare(rooms, profiles, await asyncio.to_thread(read_model.documents, stack))
        if not comparison.moved and not comparison.wrong:
            break
    assert comparison is not None, "it is compared once at least"
    return comparison


def told(comparison: "Comparison") -> bool:
    """Print what a comparison came to; whether everything is equal."""
    if comparison.wrong:
        say(f"✗ {len(comparison.wrong)} differences from PostgreSQL:")
        for line in comparison.wrong[:DIFFERENCES_SHOWN_MAX]:
            say(f"    {line}")
        return False
    moving = f"; {len(comparison.moved)} rooms moved on whenever they were looked at" if comparison.moved else ""
    say(f"✓ {comparison.equal:,} rooms and profiles are as PostgreSQL implies{moving}")
    return True
