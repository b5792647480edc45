"""What a run prints: the verdict first, each promise with its evidence, then the figures."""

from veigo.commands.run_display import EVIDENCE_SHOWN_MAX, Watch, show
from veigo.report import HopFigures, Load, Report
from veigo.verdict import Finding, Verdict
from veigo.workloads.conversation import Progress

REPORT = Report(
    id="r1",
    workload="conversation",
    seed=7,
    parameters={},
    started_at="2026-01-01T00:00:00+00:00",
    verdict=Verdict.VIOLATED,
    findings=(
        Finding(
            promise="Nothing is lost",
            verdict=Verdict.VIOLATED,
            summary="30 missing",
            evidence=tuple(f"message [bold]{number}[/]" for number in range(20)),
            evidence_total=30,
        ),
    ),
    latencies=[HopFigures(name="acknowledge", explained="", samples=1000, p50_ms=4.2, p99_ms=31.7, max_ms=None)],
    load=Load(
        offered_per_s=50,
        achieved_per_s=49.9,
        sends={"ok": 999, "failed": 0, "unknown": 1},
        deliveries=4200,
        start_delay_p99_ms=1,
    ),
    fault_model="none",
    notes=["no witness"],
)


def test_a_report_is_printed_with_verdict_evidence_and_figures(capsys):
    show(REPORT)

    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "✗ VIOLATED"
    assert lines[2] == "  ✗ Nothing is lost (30 missing)"
    assert lines[3] == "      message [bold]0[/]"
    assert lines[3 + EVIDENCE_SHOWN_MAX] == "      … 25 more; see the report"
    assert any(line.split() == ["acknowledge", "4.2", "ms", "31.7", "ms", "–", "1,000"] for line in lines)
    assert "offered 50.0/s, achieved 49.9/s; sends: 999 ok, 0 failed, 1 unknown; 4,200 deliveries; seed 7" in lines


def test_progress_in_a_pipe_is_one_line_for_each_step(capsys):
    with Watch() as watch:
        for news in (Progress("signing up", 1, 2), Progress("signing up", 2, 2), Progress("talking", 1, 1000)):
            watch.note(news)

    assert capsys.readouterr().out.splitlines() == ["  ▸ signing up", "  ▸ talking"]
