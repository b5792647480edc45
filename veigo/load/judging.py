"""A load run is judged by its history, as any run is, and what comes of it is written for people and for programs."""

import logging

from veigo.checkers.catalogue import SAFETY
from veigo.checkers.checker import Checker, judge
from veigo.checkers.generator_kept_up import GeneratorKeptUp
from veigo.checkers.knee_was_found import KneeWasFound
from veigo.checkers.ledger import Ledger
from veigo.checkers.never_unshown import NeverUnshown
from veigo.checkers.resumed_without_gap import ResumedWithoutGap
from veigo.checkers.run_finished import RunFinished
from veigo.checkers.within_limits import WithinLimits
from veigo.history import History, load
from veigo.load.results import write_results
from veigo.report import Report, report_of
from veigo.run_folder import RunFolder

FAULT_MODEL = "no faults were injected; nothing is said about what happens when a part dies"
NOTES = "notes.txt"  # of the director, for whoever judges

ALWAYS: tuple[Checker, ...] = (*SAFETY, GeneratorKeptUp(), RunFinished())
WHERE_CONCERNED: tuple[Checker, ...] = (WithinLimits(), KneeWasFound(), ResumedWithoutGap(), NeverUnshown())

logger = logging.getLogger(__name__)


def judged(folder: RunFolder, ledger: Ledger, notes: list[str], more: tuple[Checker, ...] = ()) -> Report:
    """Judge a run, and write its results into its folder."""
    checkers = [*ALWAYS, *(checker for checker in WHERE_CONCERNED if checker.concerns(ledger)), *more]
    report = report_of(ledger, judge(checkers, ledger), fault_model=FAULT_MODEL, notes=notes)
    write_results(report, ledger, folder.path)
    return report


def judged_here(folder: RunFolder, notes: list[str], *, leave: bool) -> int:
    """Judge a run by what its users saw alone, or leave that to who can ask more; return the exit code."""
    if leave:
        (folder.path / NOTES).write_text("".join(f"{note}\n" for note in notes), encoding="utf-8")
        return 0
    history = History(folder.history)
    history.mark("finished")
    history.close()
    report = judged(folder, Ledger.of(load(folder.history)), notes)
    for finding in report.findings:
        logger.info("%s: %s (%s)", finding.verdict, finding.promise, finding.summary)
    for note in notes:
        logger.info("note: %s", note)
    logger.info("%s; see %s", report.verdict.upper(), folder.path / "report.html")
    return report.verdict.exit_code
