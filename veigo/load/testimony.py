"""What the stack says of a load run, beside what its users saw: Kafka, PostgreSQL and its copies, and the traces.

A run under the plain `locust` is judged by what its users saw alone. Whoever has the stack at hand can ask more.
"""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING

from veigo.audited_run import Auditor, audit, note_positions, testify
from veigo.checkers.every_message_is_one_trace import EveryMessageIsOneTrace
from veigo.checkers.ledger import Ledger
from veigo.checkers.read_model_catches_up import ReadModelCatchesUp
from veigo.history import History, now
from veigo.load.judging import NOTES, judged
from veigo.report import Report
from veigo.run_folder import RunFolder
from veigo.telemetry.run_part import RunPart
from veigo.witness import Positions, Witness

if TYPE_CHECKING:
    from veigo.checkers.checker import Checker


class Testimony:
    """The witnesses of one run, asked before it and after it."""

    def __init__(self, folder: RunFolder, witness: Witness, auditor: Auditor, collector_url: str | None) -> None:
        self._folder = folder
        self._witness = witness
        self._auditor = auditor
        self._collector_url = collector_url
        self._notes: list[str] = []
        self._before: Positions | None = None
        self._began_us = 0

    def begin(self) -> None:
        """Note where Kafka ends, before anything is sent."""
        self._began_us = now()[1]
        self._before = asyncio.run(note_positions(self._witness, self._notes))

    async def judged(self) -> Report:
        """Add what the stack has to say to the history, and judge all of it."""
        told = self._folder.path / NOTES
        notes = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
        notes += self._notes
        more: tuple[Checker, ...] = (ReadModelCatchesUp(),)
        async with History.going_on(self._folder.history) as history, self._telemetry(history) as telemetry:
            if self._before is not None:
                await testify(self._witness, self._before, history, notes)
            await audit(self._auditor, history, notes)
            history.mark("finished")
            if telemetry is not None:
                await telemetry.keep()
                notes += telemetry.notes
                more = (*more, EveryMessageIsOneTrace(self._folder.telemetry))
        return judged(self._folder, Ledger.of(history.records), notes, more)

    def _telemetry(self, history: History) -> AbstractAsyncContextManager[RunPart | None]:
        if self._collector_url is None:
            return nullcontext()
        return RunPart(history, self._collector_url, self._folder.telemetry, began_us=self._began_us)
