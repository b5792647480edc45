"""An audited run: carry out a workload, take everything down, ask the witness, judge, and write the report.

Whatever happens to the workload (it cannot start, it crashes, somebody presses Ctrl-C), what was recorded so far is
judged and written; the marks in the history keep a run that was cut short from passing for a whole one.
"""

import asyncio
import contextlib
import signal
import threading
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from veigo.checkers.checker import Checker, judge
from veigo.checkers.ledger import Ledger
from veigo.client.session import StepFailed
from veigo.history import History, Operation, Record, RunStarted, now
from veigo.outcome import Outcome
from veigo.report import Report, report_of, write
from veigo.run_folder import RunFolder
from veigo.stack.problem import StackError
from veigo.telemetry.run_part import RunPart
from veigo.witness import Positions, Witness, WitnessUnable


class Workload(Protocol):
    """Something users do to the stack."""

    async def hold(self) -> None:
        """Do it, from the first step to the last."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run, and how it is judged."""

    workload: str
    seed: int
    parameters: dict[str, Any]
    make_workload: Callable[[History], AbstractAsyncContextManager[Workload]]
    checkers: Sequence[Checker]
    fault_model: str
    collector_url: str | None = None
    # Asked beside `checkers`, where the run had anything to do with what they promise.
    where_concerned: Sequence[Checker] = ()


class Auditor(Protocol):
    """Somebody who reads what a run left behind, not by the doors its users used."""

    async def testify(self, rooms: Collection[str], accounts: Collection[str], last_ns: int) -> Sequence[Record]:
        """Read the logs of these rooms, and hold every copy of them against each other; whatever cannot be read raises.

        `last_ns` is when the run's last operation ended, by the monotonic clock.
        """


async def audited_run(
    plan: Plan, folder: RunFolder, witness: Witness, auditor: Auditor | None = None
) -> tuple[Report, Path]:
    """Carry a plan out and return its report, with the path of its page.

    Without an auditor nothing is said about what is stored.
    """
    notes: list[str] = []
    async with History(folder.history) as history, _telemetry(plan, folder, history) as telemetry:
        history.append(RunStarted(folder.id, plan.workload, plan.seed, plan.parameters, now()[1]))
        before = await note_positions(witness, notes)
        await _carry_out(plan, history, notes)
        if before is not None:
            await testify(witness, before, history, notes)
        if auditor is not None:
            await audit(auditor, history, notes)
        history.mark("finished")
        if telemetry is not None:
            await telemetry.keep()
            notes += telemetry.notes
    ledger = Ledger.of(history.records)
    checkers = [*plan.checkers, *(checker for checker in plan.where_concerned if checker.concerns(ledger))]
    report = report_of(ledger, judge(checkers, ledger), fault_model=plan.fault_model, notes=notes)
    return report, write(report, ledger, folder.path)


def _telemetry(plan: Plan, folder: RunFolder, history: History) -> AbstractAsyncContextManager[RunPart | None]:
    if plan.collector_url is None:
        return contextlib.nullcontext()
    return RunPart(history, plan.collector_url, folder.telemetry)


async def _carry_out(plan: Plan, history: History, notes: list[str]) -> None:
    async def hold() -> None:
        async with plan.make_workload(history) as workload:
            await workload.hold()

    task = asyncio.create_task(hold())
    with _cancelled_by_signals(task):
        try:
            await task
        except asyncio.CancelledError:
            history.mark("interrupted")
            notes.append("the run was interrupted before its end")
        except (StepFailed, StackError) as failed:
            notes.append(f"the workload could not go on: {failed}")
        except Exception as error:  # noqa: BLE001 - a crashed workload is judged by what it left, and proves nothing
            traceback.print_exc()
            notes.append(f"the workload crashed ({error!r}), which is a bug of the harness")


@contextlib.contextmanager
def _cancelled_by_signals(task: asyncio.Task[None]) -> Iterator[None]:
    """Let Ctrl-C (or SIGTERM) end the task, and a second one end the process as usual."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals go to the main thread, whose business they are
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            loop.remove_signal_handler(number)  # which leaves the system's own way, whatever there was
            signal.signal(number, handler)

    def interrupt() -> None:
        restore()
        task.cancel()

    for number in before:
        loop.add_signal_handler(number, interrupt)
    try:
        yield
    finally:
        restore()


async def note_positions(witness: Witness, notes: list[str]) -> Positions | None:
    """Have the witness note where Kafka ends; None, and a note that says why, when it cannot."""
    try:
        return await asyncio.to_thread(witness.note)
    except WitnessUnable as unable:
        notes.append(f"no witness, so the inner hops are not measured: {unable}")
        return None


async def testify(witness: Witness, before: Positions, history: History, notes: list[str]) -> None:
    """Add to the history what the witness finds in Kafka since then."""
    try:
        history.extend(await asyncio.to_thread(witness.read, before))
    except WitnessUnable as unable:
        notes.append(f"the witness could not testify, so the inner hops are not measured: {unable}")


async def audit(auditor: Auditor, history: History, notes: list[str]) -> None:
    """Add to the history what the auditor finds of its rooms and people."""
    operations = [record for record in history.records if isinstance(record, Operation)]
    rooms = {operation.room for operation in operations if operation.name == "create_room" and operation.room}
    people = {
        operation.user for operation in operations if operation.name == "sign_up" and operation.outcome is Outcome.OK
    }
    last_ns = max((operation.ended_ns for operation in operations), default=0)
    try:
        history.extend(await auditor.testify(rooms, people, last_ns))
    except Exception as error:  # noqa: BLE001 - whatever a database's client raises, the run is judged without it
        notes.append(f"what is stored could not be read, so nothing is said about it: {error or type(error).__name__}")
