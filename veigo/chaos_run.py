"""One trial of a chaos run from its folder to its result: carried out, judged, measured, with a log for every step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from veigo.audited_run import Auditor, audited_run
from veigo.audited_run import Plan as Audit
from veigo.checkers.catalogue import BROKEN_TRACES_MAX, MEASURED_ONLY, RECOVERY
from veigo.checkers.checker import Checker
from veigo.checkers.every_message_is_one_trace import EveryMessageIsOneTrace
from veigo.checkers.ledger import Ledger
from veigo.experiment import HARD
from veigo.history import History, load
from veigo.plan import Does, Step, Trial, tree_of
from veigo.report_card import TrialResult
from veigo.run_folder import RunFolder
from veigo.stack.problem import StackError
from veigo.step_log import StepLogs
from veigo.telemetry.completeness import completeness
from veigo.telemetry.store import Store
from veigo.traced_plan import BROKEN_SHARE_MAX_UNDER_KILLS
from veigo.trial_figures import Figures, figures_of
from veigo.trial_run import Pace, Place, TrialRun, at_once
from veigo.witness import Witness

CALM = "nothing was broken; this is what the same people see on the same stack on any other day"


@dataclass(frozen=True, slots=True)
class Arena:
    """A stack, and all that a trial needs to know of it.

    Attributes:
        place: its doors, and where it is broken and healed.
        kafka: where the witness reads.
        auditor: reads what a run left in the stack.
        collector_url: where telemetry goes; None when tracing is switched off.
        node_log: where a node writes what it has to say.
    """

    place: Place
    kafka: str
    auditor: Auditor
    collector_url: str | None
    node_log: Callable[[str], Path]


async def run_trial(
    trial: Trial,
    sentence: str,
    checkers: Sequence[Checker],
    arena: Arena,
    run: RunFolder,
    tell: Callable[[Step], None] = lambda _: None,
    pace: Pace = at_once,
) -> TrialResult:
    """Carry a trial out in a folder of its own below the run's; `tell` and `pace` hear of every step beforehand."""
    folder = RunFolder(f"{run.id}/{trial.folder}", run.path / trial.folder)
    folder.path.mkdir()
    (folder.path / "plan.txt").write_text(tree_of(trial), encoding="utf-8")
    fault = trial.fault
    logs = StepLogs(folder.path, arena.node_log, fault.nodes if fault else (), tell)

    def workload(history: History) -> TrialRun:
        return TrialRun(trial, arena.place, history, logs, pace)

    # What is promised of a fault is asked of its baseline only where there is anything to ask.
    asked, where_concerned = ([], [*HARD, *checkers]) if trial.judges else ([*checkers], [*HARD])
    audit = Audit(
        workload=trial.name,
        seed=trial.seed,
        parameters=_parameters(trial),
        make_workload=workload,
        checkers=[*asked, *_traced(arena, folder)],
        where_concerned=where_concerned,
        fault_model=fault.model if fault else CALM,
        collector_url=arena.collector_url,
    )
    report, _ = await audited_run(audit, folder, Witness(arena.kafka), arena.auditor)
    with logs.step(next(step for step in trial.steps if step.does is Does.JUDGE)) as note:
        for finding in report.findings:
            note(f"{finding.verdict}: {finding.promise} ({finding.summary})")
    return TrialResult(
        number=trial.number,
        name=trial.name,
        sentence=sentence,
        fault=fault.name if fault else "",
        model=report.fault_model,
        seed=trial.seed,
        verdict=report.verdict,
        findings=report.findings,
        figures=_figures(folder),
        notes=tuple(report.notes),
        folder=trial.folder,
        judges=trial.judges,
    )


def _parameters(trial: Trial) -> dict[str, Any]:
    """What was carried out, and the terms it is judged by, now and when its history is judged again."""
    return {
        "fault": trial.fault.name if trial.fault else "none",
        "people": str(trial.experiment.workload),
        RECOVERY: MEASURED_ONLY,
        BROKEN_TRACES_MAX: BROKEN_SHARE_MAX_UNDER_KILLS,
    }


def _traced(arena: Arena, folder: RunFolder) -> list[Checker]:
    if arena.collector_url is None:
        return []
    return [EveryMessageIsOneTrace(folder.telemetry, broken_share_max=BROKEN_SHARE_MAX_UNDER_KILLS)]


def _figures(folder: RunFolder) -> Figures:
    records = load(folder.history)
    acknowledged = [send.message_id for send in Ledger.of(records).acknowledged() if send.message_id]
    return figures_of(records, _traces_complete(folder, acknowledged))


def _traces_complete(folder: RunFolder, acknowledged: Sequence[str]) -> float | None:
    if not acknowledged or not folder.telemetry.exists():
        return None
    try:
        with Store.open(folder.telemetry, read_only=True) as store:
            return completeness(store, acknowledged).share
    except StackError:  # damaged; the checker of traces says how
        return None
