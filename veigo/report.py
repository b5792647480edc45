"""The report of a run: `report.json` for programs, and one `report.html` for people that needs nothing else.

Both say the same: the verdict, each promise with its evidence, how long the hops took, what was offered and achieved.
The page has no script, no font and no picture from elsewhere, follows the reader's light or dark setting, and can be
sent to somebody as the one file it is.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from veigo.charts import LogScale, histogram, milliseconds, scatter
from veigo.checkers.ledger import Ledger
from veigo.latency import Hop, hops, scheduled, start_delay, talked_s, worst_delivery_ms
from veigo.outcome import Outcome
from veigo.pages import page_environment
from veigo.verdict import Finding, Judgement, Verdict

# Above this the harness did not keep its own schedule, and the latencies are partly its own.
START_DELAY_P99_MS_MAX = 20


class HopFigures(msgspec.Struct, kw_only=True):
    """One row of the latency table."""

    name: str
    explained: str
    samples: int
    p50_ms: float | None
    p99_ms: float | None
    max_ms: float | None


class Load(msgspec.Struct, kw_only=True):
    """What was offered, and what came of it."""

    offered_per_s: float
    achieved_per_s: float
    sends: dict[str, int]
    deliveries: int
    start_delay_p99_ms: float | None


class Report(msgspec.Struct, kw_only=True):
    """Everything a run has to say."""

    id: str
    workload: str
    seed: int
    parameters: dict[str, Any]
    started_at: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    latencies: list[HopFigures]
    load: Load
    fault_model: str
    notes: list[str]


def report_of(ledger: Ledger, judgement: Judgement, *, fault_model: str, notes: list[str]) -> Report:
    """Put a run into words and numbers.

    Raises:
        ValueError: the history does not begin with its `run` line.
    """
    if ledger.run is None:
        message = "the history does not say which run it is of; its first line must be of kind `run`"
        raise ValueError(message)
    load = _load(ledger)
    if load.start_delay_p99_ms is not None and load.start_delay_p99_ms > START_DELAY_P99_MS_MAX:
        late = milliseconds(load.start_delay_p99_ms)
        remedy = "lower the rate, or quieten the machine"
        notes = [*notes, f"the harness itself was late (p99 {late}): the latencies are partly its own; {remedy}"]
    return Report(
        id=ledger.run.id,
        workload=ledger.run.workload,
        seed=ledger.run.seed,
        parameters=ledger.run.parameters,
        started_at=datetime.fromtimestamp(ledger.run.at_us / 1e6, UTC).isoformat(timespec="seconds"),
        verdict=judgement.verdict,
        findings=judgement.findings,
        latencies=[_figures(hop) for hop in hops(ledger)],
        load=load,
        fault_model=fault_model,
        notes=notes,
    )


def write(report: Report, ledger: Ledger, folder: Path, page: str | None = None) -> Path:
    """Write both files and return the page's path; the page is the usual one if none is given."""
    (folder / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2))
    path = folder / "report.html"
    path.write_text(page_of(report, ledger) if page is None else page, encoding="utf-8")
    return path


def page_of(report: Report, ledger: Ledger, template: str = "report.html.j2", **more: object) -> str:
    """Render the page, by a template that goes on from `report.html.j2` and is given more than that, where there is."""
    environment = page_environment()
    environment.filters["ms"] = milliseconds
    measured = [hop for hop in hops(ledger) if hop.samples_ms]
    scale = LogScale.over([sample for hop in measured for sample in (hop.samples_ms[0], hop.samples_ms[-1])])
    return environment.get_template(template).render(
        report=report,
        scatter=scatter(worst_delivery_ms(ledger)),
        histograms=[(hop, histogram(hop.samples_ms, scale)) for hop in measured],
        scale=scale,
        **more,
    )


def _figures(hop: Hop) -> HopFigures:
    return HopFigures(
        name=hop.name,
        explained=hop.explained,
        samples=len(hop.samples_ms),
        p50_ms=hop.p50_ms,
        p99_ms=hop.p99_ms,
        max_ms=hop.max_ms,
    )


def _load(ledger: Ledger) -> Load:
    sends = scheduled(ledger)
    done = [send for send in sends if send.outcome is Outcome.OK]
    return Load(
        offered_per_s=_offered_per_s(ledger, len(sends)),
        achieved_per_s=_achieved_per_s(ledger, len(done), max((send.ended_ns for send in done), default=0)),
        sends={outcome.value: sum(send.outcome is outcome for send in sends) for outcome in Outcome},
        deliveries=len(ledger.deliveries),
        start_delay_p99_ms=start_delay(ledger).p99_ms,
    )


def _offered_per_s(ledger: Ledger, sends: int) -> float:
    """The rate that was asked for, or where none was, as each had a rhythm of their own, what these came to."""
    if ledger.run is not None and "rate" in ledger.run.parameters:
        return float(ledger.run.parameters["rate"])
    return sends / talked_s(ledger) if talked_s(ledger) > 0 else 0


def _achieved_per_s(ledger: Ledger, done: int, last_ns: int) -> float:
    """Acknowledged sends over the time planned for them, or over the time it took when that was longer."""
    started = ledger.marks.get("talk_started")
    if started is None or ledger.run is None or done == 0:
        return 0
    planned_s = (
        float(ledger.run.parameters.get("seconds", talked_s(ledger))) if "interrupted" not in ledger.marks else 0
    )
    return done / max(planned_s, (last_ns - started.at_ns) / 1e9, 1e-9)
