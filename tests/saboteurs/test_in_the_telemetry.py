"""Who loses a message's trace is convicted by the run's telemetry; users would never notice."""

import asyncio
import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from saboteurs.conftest import begun
from saboteurs.drill import Drill
from saboteurs.relay import Relay
from saboteurs.saboteurs import ForgetsTheTrace
from saboteurs.trial import Run
from veigo.checkers.every_message_is_one_trace import EveryMessageIsOneTrace
from veigo.checkers.ledger import Ledger
from veigo.history import Record
from veigo.stack.stack import Stack
from veigo.telemetry.run_part import RunPart
from veigo.telemetry.store import Store
from veigo.verdict import Finding, Verdict

NAME = "EveryMessageIsOneTrace"


@dataclass
class Traced:
    """What one go-between left behind, and its part of the telemetry."""

    records: list[Record]
    telemetry: Path

    def judged(self) -> Finding:
        return EveryMessageIsOneTrace(self.telemetry).check(Ledger.of(self.records))


@pytest.fixture(scope="session")
async def traced(runs: dict[str, Run], stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Traced]:
    """Traced runs, after all the others, so that the collector has an end to wait for."""
    folder = tmp_path_factory.mktemp("traced")
    gateway, collector = (f"http://{stack.address(node)}" for node in ("gateway", "collector"))

    async def one(kind: type[Relay]) -> Traced:
        telemetry = folder / f"{kind.__name__}.duckdb"
        with contextlib.closing(begun(folder / f"{kind.__name__}.jsonl")) as history:
            async with RunPart(history, collector, telemetry) as part:
                async with kind(gateway) as relay, Drill(relay.url, history) as drill:
                    await drill.hold()
                await part.keep()
            assert [] == part.notes
            return Traced(history.records, telemetry)

    kinds = (Relay, ForgetsTheTrace)
    done = await asyncio.gather(*(one(kind) for kind in kinds))
    return {kind.__name__: run for kind, run in zip(kinds, done, strict=True)}


async def test_the_honest_one_is_acquitted_of_losing_traces(traced, verdict):
    verdict(NAME, "(honest)", traced["Relay"].judged(), Verdict.HOLDS)


async def test_one_who_does_not_pass_the_trace_on_is_convicted(traced, verdict):
    verdict(NAME, "ForgetsTheTrace", traced["ForgetsTheTrace"].judged(), Verdict.VIOLATED)


async def test_a_service_that_told_no_span_of_a_message_is_convicted(traced, verdict, tmp_path):
    honest = traced["Relay"]
    damaged = Traced(honest.records, shutil.copy(honest.telemetry, tmp_path / "damaged.duckdb"))
    message = Ledger.of(honest.records).acknowledged()[0].message_id
    with Store.open(damaged.telemetry) as store:
        store.tuples(
            """DELETE FROM spans WHERE name = 'mongo write'
               AND trace_id = (SELECT trace_id FROM messages WHERE message_id = ?)""",
            [message],
        )

    verdict(NAME, "loses a span", damaged.judged(), Verdict.VIOLATED)


async def test_without_telemetry_nothing_is_known_of_traces(traced, verdict, tmp_path):
    verdict(NAME, "(no telemetry)", Traced(traced["Relay"].records, tmp_path / "none").judged(), Verdict.INCONCLUSIVE)


def test_an_empty_history_says_nothing_of_traces(verdict, tmp_path):
    verdict(NAME, "(empty history)", Traced([], tmp_path / "none").judged(), Verdict.INCONCLUSIVE)
