"""How a run looks on a terminal: a bar for each step while it goes on, then the verdict and the figures.

The bar is redrawn twice a second and no more: it shares two cores with the stack it watches.
"""

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from veigo.charts import milliseconds
from veigo.commands.display import console, say
from veigo.verdict import Verdict
from veigo.workloads.conversation import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from veigo.report import Report
    from veigo.verdict import Finding

SIGNS = {Verdict.HOLDS: "✓", Verdict.VIOLATED: "✗", Verdict.INCONCLUSIVE: "?"}
STYLES = {Verdict.HOLDS: "bold green", Verdict.VIOLATED: "bold red", Verdict.INCONCLUSIVE: "bold yellow"}
REFRESHES_PER_S = 2
EVIDENCE_SHOWN_MAX = 5


class Watch:
    """Shows progress: bars on a terminal, one line for each step elsewhere."""

    def __init__(self) -> None:
        self._bars: Bars | None = None
        self._tasks: dict[str, TaskID | None] = {}

    def __enter__(self) -> Self:
        if sys.stdout.isatty():
            from rich.progress import Progress as Bars

            self._bars = Bars(console=console(), refresh_per_second=REFRESHES_PER_S)
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def note(self, news: Progress) -> None:
        """Take note of how far the run is."""
        if news.step not in self._tasks:
            if self._bars is None:
                say(f"  ▸ {news.step}")
            self._tasks[news.step] = None if self._bars is None else self._bars.add_task(news.step, total=news.total)
        task = self._tasks[news.step]
        if self._bars is not None and task is not None:
            self._bars.update(task, completed=news.done, total=max(news.total, 1))


def show(report: "Report") -> None:
    """Print the verdict, what it rests on, and the figures."""
    screen = console()
    screen.print()
    screen.print(f"[{STYLES[report.verdict]}]{SIGNS[report.verdict]} {report.verdict.value.upper()}[/]")
    for finding in report.findings:
        _show_finding(finding)
    for note in report.notes:
        screen.print(f"[yellow]  ! {_plain(note)}[/]", highlight=False)
    _show_latencies(report)
    sends = ", ".join(f"{count:,} {outcome}" for outcome, count in report.load.sends.items())
    screen.print(
        f"offered {report.load.offered_per_s:.1f}/s, achieved {report.load.achieved_per_s:.1f}/s;"
        f" sends: {sends}; {report.load.deliveries:,} deliveries; seed {report.seed}",
        highlight=False,
    )


def _show_finding(finding: "Finding") -> None:
    screen = console()
    sign = f"[{STYLES[finding.verdict]}]{SIGNS[finding.verdict]}[/]"
    screen.print(f"  {sign} {_plain(finding.promise)} [dim]({_plain(finding.summary)})[/]", highlight=False)
    for line in finding.evidence[:EVIDENCE_SHOWN_MAX]:
        screen.print(f"      {_plain(line)}", highlight=False)
    if finding.evidence_total > EVIDENCE_SHOWN_MAX:
        screen.print(f"      … {finding.evidence_total - EVIDENCE_SHOWN_MAX:,} more; see the report", highlight=False)
    if finding.excerpt:
        screen.print("      [dim]of the history, for the first of them:[/]", highlight=False)
    for line in finding.excerpt:
        screen.print(f"        [dim]{_plain(line)}[/]", highlight=False)


def _show_latencies(report: "Report") -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("hop")
    for heading in ("p50", "p99", "max", "samples"):
        table.add_column(heading, justify="right")
    for hop in report.latencies:
        figures = (milliseconds(figure) for figure in (hop.p50_ms, hop.p99_ms, hop.max_ms))
        table.add_row(hop.name, *figures, f"{hop.samples:,}")
    screen = console()
    screen.print()
    screen.print(table)
    screen.print()


def _plain(text: str) -> str:
    """Keep square brackets in a text from being read as markup."""
    from rich.markup import escape

    return escape(text)
