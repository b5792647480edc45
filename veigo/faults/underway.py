"""A fault under way: the heal plan is on disk before anything breaks, and whatever comes, the fault is healed.

Ctrl-C and SIGTERM cancel the task, and leaving heals. A cancellation that comes while it heals waits until it has
healed; a second Ctrl-C gives up, and then, as after a SIGKILL, what is left to do stands in the heal plan for
``veigo chaos heal``.
"""

import asyncio
import contextlib
import itertools
import signal
import threading
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator

from veigo.faults.fault import Fault
from veigo.faults.heal import HealPlan, HealStep, Owed
from veigo.faults.site import Site
from veigo.history import FaultEvent, FaultStage, History, now
from veigo.stack.problem import StackError

# Nodes that are started, or go on, wait for each other: one after the other, the first might wait in vain for the last.
# What is owed to one and the same node keeps its order all the same.
AT_ONCE = frozenset({"start", "go_on"})


@contextlib.asynccontextmanager
async def underway(fault: Fault, site: Site, history: History, plan: HealPlan) -> AsyncIterator[None]:
    """Break something, and mend it when the context is left, whatever happens meanwhile.

    Raises:
        StackError: it could not be broken, was not felt, or could not be mended; in the last case its sentence says
            what is still in the heal plan.
    """
    steps = fault.heals()
    with _ended_by_sigterm():
        plan.add(fault.name, steps)
        try:
            _note(history, fault, FaultStage.INJECTED)
            await fault.inject(site)
            _note(history, fault, FaultStage.FELT, await fault.felt(site))
            yield
        finally:
            _note(history, fault, FaultStage.HEALING)
            await _to_its_end(heal((Owed(fault.name, step) for step in steps), site, plan))
            _note(history, fault, FaultStage.HEALED)


async def heal(owed: Iterable[Owed], site: Site, plan: HealPlan) -> None:
    """Apply every step in order, also those after one that fails, and wait until the stack is healthy.

    Raises:
        StackError: steps failed and stay in the plan, or the stack did not get healthy.
    """
    problems: list[str] = []
    for at_once, group in itertools.groupby(owed, lambda one: one.step.do in AT_ONCE):
        steps = list(group)
        lines = _by_node(steps) if at_once else [steps]
        for told in await asyncio.gather(*(_in_turn(line, site, plan) for line in lines)):
            problems += told
    if problems:
        raise StackError(f"not everything was healed: {'; '.join(problems)}; `veigo chaos heal` tries again")
    await site.until_healthy()


def _by_node(steps: list[Owed]) -> list[list[Owed]]:
    lines: dict[str, list[Owed]] = {}
    for one in steps:
        lines.setdefault(one.step.what, []).append(one)
    return list(lines.values())


async def _in_turn(steps: list[Owed], site: Site, plan: HealPlan) -> list[str]:
    return [problem for one in steps if (problem := await _apply(one, site, plan))]


async def _apply(owed: Owed, site: Site, plan: HealPlan) -> str:
    """Apply one step and strike it out; what went wrong otherwise."""
    try:
        await site.apply(owed.step)
    except Exception as error:  # noqa: BLE001 - whatever it is, the steps after this one are owed all the same
        return f"{_said(owed.step)} failed ({error or type(error).__name__})"
    plan.remove(owed.fault, owed.step)
    return ""


def _said(step: HealStep) -> str:
    return f"{step.do} {step.what}"


async def _to_its_end(healing: Coroutine[None, None, None]) -> None:
    """Await healing even when we are cancelled meanwhile; the cancellation goes on afterwards."""
    task = asyncio.ensure_future(healing)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled is not None:
        raise cancelled


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM cancel this task while something is broken, unless somebody handles it already."""
    main = threading.current_thread() is threading.main_thread()
    task = asyncio.current_task()
    if task is None or not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    loop = asyncio.get_running_loop()
    terminated = False

    def cancel() -> None:
        nonlocal terminated
        terminated = True
        task.cancel("SIGTERM")

    loop.add_signal_handler(signal.SIGTERM, cancel)
    try:
        yield
    except asyncio.CancelledError:
        if terminated:
            raise SystemExit(128 + signal.SIGTERM) from None
        raise
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


def _note(history: History, fault: Fault, stage: FaultStage, detail: str | None = None) -> None:
    at_ns, at_us = now()
    history.append(
        FaultEvent(fault.name, list(fault.nodes), stage, at_ns, at_us, detail, unavailable=list(fault.unavailable))
    )
