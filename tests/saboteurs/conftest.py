"""One stack, on which an honest go-between and all saboteurs are at work at once, each with people of its own.

At the end a table says who was convicted by whom, and who was acquitted. The whole takes about a minute, most of it to
start the stack and to sign everybody up.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from saboteurs.drill import Drill
from saboteurs.relay import Relay
from saboteurs.saboteurs import ON_THE_WIRE, AllowsWithoutOpa, Meddler
from saboteurs.trial import Run
from stack.auditor import Auditor
from stack.machine import preflight
from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.client.session import StepFailed
from veigo.history import FaultEvent, FaultStage, History, Mark, Operation, Record, RunStarted, now
from veigo.outcome import Outcome
from veigo.stack.control import ask
from veigo.stack.lifecycle import bring_down, bring_up
from veigo.stack.stack import Stack
from veigo.verdict import Finding, Verdict
from veigo.witness import Witness

NAME = "saboteurs"
EQUAL_WITHIN_S = 10.0  # for the copies to say what PostgreSQL implies
MEDDLED_WITHIN_S = 1.0  # the same, where somebody sees to it that they never do
AT_ONCE_MAX = 8  # drills; more would only wait for the processors

TABLE: list[tuple[str, str, Verdict, bool]] = []


@pytest.fixture(scope="session")
def verdict():
    """Note a verdict in the table, and whether it is the one that was to be."""

    def note(checker: str, who: str, found: Finding, wanted: Verdict) -> None:
        TABLE.append((checker, who, found.verdict, found.verdict is wanted))
        assert wanted == found.verdict, (found.summary, found.evidence, found.excerpt)

    return note


@pytest.fixture(scope="session")
async def stack() -> AsyncIterator[Stack]:
    """A stack of our own."""
    stack = Stack.open(TOPOLOGY, toolchain(), name=NAME)
    await bring_down(stack, lambda _: None, purge=True)
    await bring_up(stack, lambda: preflight(stack), lambda _: None)
    yield stack
    await bring_down(stack, lambda _: None, purge=True)


@pytest.fixture(scope="session")
async def runs(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Every go-between's run, by its name; the honest one's is called Relay."""
    folder = tmp_path_factory.mktemp("runs")
    gateway = f"http://{stack.address('gateway')}"
    witness = Witness(stack.addresses_of("kafka"))
    before = await asyncio.to_thread(witness.note)
    turns = asyncio.Semaphore(AT_ONCE_MAX)

    async def one(kind: type[Relay]) -> list[Record]:
        async with turns:
            return await _drilled(stack, kind(gateway), folder)

    async with asyncio.TaskGroup() as group:
        drilled = {kind.__name__: group.create_task(one(kind)) for kind in (Relay, *ON_THE_WIRE)}
    witnessed = await asyncio.to_thread(witness.read, before)
    finished = Mark("finished", *now())
    return {name: Run([*drill.result(), *witnessed, finished]) for name, drill in drilled.items()}


async def _drilled(stack: Stack, relay: Relay, folder: Path) -> list[Record]:
    """Let people do their drill through a go-between, and look at what it left behind."""
    with contextlib.closing(begun(folder / f"{type(relay).__name__}.jsonl")) as history:
        async with relay, Drill(relay.url, history) as drill:
            with contextlib.suppress(StepFailed):  # a saboteur may bring a drill to an end, and RunFinished says so
                await drill.hold()
            if isinstance(relay, Meddler):
                # First the copies are let catch up, so that what is changed then stays changed.
                await _audited(stack, drill, history, EQUAL_WITHIN_S)
                await relay.meddle(stack, drill.room)
        within_s = MEDDLED_WITHIN_S if isinstance(relay, Meddler) else EQUAL_WITHIN_S
        return [*history.records, *await _audited(stack, drill, history, within_s)]


def begun(path: Path) -> History:
    history = History(path)
    history.append(RunStarted("drill", "drill", 0, {}, now()[1]))
    return history


async def _audited(stack: Stack, drill: Drill, history: History, within_s: float) -> list[Record]:
    operations = [record for record in history.records if isinstance(record, Operation)]
    people = [each.user for each in operations if each.name == "sign_up" and each.outcome is Outcome.OK]
    last_ns = max(operation.ended_ns for operation in operations)
    return await Auditor(stack, equal_within_s=within_s).testify([drill.room], people, last_ns)


@pytest.fixture(scope="session")
async def without_opa(runs: dict[str, Run], stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """The runs of the honest one, and of one who grants all the same, during which OPA is killed."""
    folder = tmp_path_factory.mktemp("runs")
    gateway = f"http://{stack.address('gateway')}"
    async with contextlib.AsyncExitStack() as exits:
        drills = []
        for kind in (Relay, AllowsWithoutOpa):
            relay = await exits.enter_async_context(kind(gateway))
            history = exits.enter_context(contextlib.closing(begun(folder / f"{kind.__name__}.jsonl")))
            drills.append((kind.__name__, await exits.enter_async_context(Drill(relay.url, history)), history))
        honest = drills[0][1]
        await asyncio.gather(*(drill.hold() for _, drill, _ in drills))

        def tell(stage: FaultStage, detail: str | None = None) -> None:
            for _, _, history in drills:
                history.append(FaultEvent("kill opa", ["opa"], stage, *now(), detail, unavailable=["opa"]))

        tell(FaultStage.INJECTED)
        await ask(stack, do="stop", node="opa", signal="SIGKILL")
        assert await _is_refused(honest), "OPA is dead, and nobody was refused"
        tell(FaultStage.FELT, "a read was refused")
        await asyncio.gather(*(drill.ask_all() for _, drill, _ in drills))
        tell(FaultStage.HEALING)
        await ask(stack, do="start", node="opa")
        tell(FaultStage.HEALED)
    return {name: Run(history.records) for name, _, history in drills}


async def _is_refused(drill: Drill) -> bool:
    return (await drill.read()).outcome is not Outcome.OK


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print who was convicted by whom."""
    if not TABLE:
        return
    words = {Verdict.VIOLATED: "convicted", Verdict.HOLDS: "acquitted", Verdict.INCONCLUSIVE: "inconclusive"}
    terminalreporter.section("checkers and saboteurs")
    for checker, who, found, wanted in sorted(TABLE):
        line = f"{checker:<28}{who:<28}{words[found]}"
        terminalreporter.write_line(line if wanted else f"{line}  ✗ should not be", red=not wanted)
