"""``veigo rebuild``: empty the read model in MongoDB and have it made anew from Kafka, while the stack goes on.

What the policies decide by stays as it is meanwhile: OPA keeps its data and goes on being patched. In the end the
documents are held against PostgreSQL.
"""

import asyncio
import time
from typing import TYPE_CHECKING, Any

import typer

from veigo.commands.display import complain, say
from veigo.commands.up import Name
from veigo.stack.problem import NotReadyError, StackError
from veigo.stack.readiness import until

if TYPE_CHECKING:
    from veigo.read_model import Comparison
    from veigo.stack.stack import Stack

TOPICS = (
    "chat.public.room_events",
    "chat.public.profiles",
    "chat.public.read_marks",
    "authentication.public.sessions",
)
REBUILT_WITHIN_S = 3_600.0
COMPARISONS_MAX = 20  # of rooms that keep moving; those that always did are named
DIFFERENCES_SHOWN_MAX = 10


def rebuild(name: Name = "default") -> None:
    """Rebuild the read model from Kafka and compare it with PostgreSQL. Exit code 0: it is equal, 1: it is not."""
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.stack.lifecycle import is_running
    from veigo.stack.stack import Stack

    try:
        stack = Stack.existing(TOPOLOGY, toolchain(), name)
        if stack is None or not is_running(stack):
            raise StackError(f"stack {name} is not up; `veigo up --name {name}` starts it")
        equal = asyncio.run(_rebuild(stack))
    except StackError as error:
        complain(str(error))
        raise typer.Exit(1) from None
    raise typer.Exit(0 if equal else 1)


async def _rebuild(stack: "Stack") -> bool:
    from stack import read_model

    for topic in TOPICS:
        gone = await asyncio.to_thread(read_model.begins_at, stack, topic)
        if gone:
            raise StackError(
                f"{gone:,} records are gone from the beginning of {topic}; Kafka alone cannot rebuild this"
            )
    before = await _progress(stack)
    began = time.monotonic()
    await asyncio.to_thread(read_model.empty, stack)
    say("the read model is empty; the aggregator begins again")

    async def begun_again() -> None:
        rewinds = (await _progress(stack))["records"]["rewinds"]
        if rewinds == before["records"]["rewinds"]:
            raise NotReadyError("the aggregator has not noticed yet")

    await until(begun_again, 30.0, "the aggregator did not begin again")
    await until(lambda: _require_caught_up(stack), REBUILT_WITHIN_S, "the aggregator did not catch up")
    took_s = time.monotonic() - began
    applied = (await _progress(stack))["records"]["applied"] - before["records"]["applied"]
    say(f"{applied:,} records applied in {took_s:.1f} s, {applied / took_s:,.0f} a second")
    return _told(await _compared(stack))


async def _progress(stack: "Stack") -> dict[str, Any]:
    """What the aggregator at work says of itself."""
    from stack import rest

    for node in stack.topology.replicas("aggregator"):
        page: dict[str, Any] = await rest.request(stack.address(node.name), "GET", "/healthz")
        if page["role"] == "at work":
            return page
    raise NotReadyError("no aggregator is at work")


async def _require_caught_up(stack: "Stack") -> None:
    page = await _progress(stack)
    if page["lag"] or page["status"] != "ok":
        raise NotReadyError(page["reason"] or f"{page['lag']:,} records to go")


async def _compared(stack: "Stack") -> "Comparison":
    """Compare until no room moved on between the two readings, or it is clear that some always do."""
    from stack import read_model
    from veigo.read_model import compare

    comparison = None
    for _ in range(COMPARISONS_MAX):
        rooms, profiles = await read_model.states(stack)
        await until(lambda: _require_caught_up(stack), 60.0, "the aggregator does not catch up")
        comparison = compare(rooms, profiles, await asyncio.to_thread(read_model.documents, stack))
        if not comparison.moved and not comparison.wrong:
            break
    assert comparison is not None, "it is compared once at least"
    return comparison


def _told(comparison: "Comparison") -> bool:
    if comparison.wrong:
        say(f"✗ {len(comparison.wrong)} differences from PostgreSQL:")
        for line in comparison.wrong[:DIFFERENCES_SHOWN_MAX]:
            say(f"    {line}")
        return False
    moving = f"; {len(comparison.moved)} rooms moved on whenever they were looked at" if comparison.moved else ""
    say(f"✓ {comparison.equal:,} rooms and profiles are as PostgreSQL implies{moving}")
    return True
