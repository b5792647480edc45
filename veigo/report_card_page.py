"""The report card as one page that needs nothing else: a table of everything, and below it each experiment's charts.

It has no script, no font and no picture from elsewhere, and follows the reader's light or dark setting. Links lead to
what lies beside it: each trial's own report, its plan, its history.
"""

from pathlib import Path

from veigo.charts import Scatter, milliseconds, scatter
from veigo.pages import page_environment
from veigo.report_card import Card, TrialResult
from veigo.telemetry.completeness import percent
from veigo.trial_figures import Band
from veigo.verdict import Verdict


def write_page(card: Card, folder: Path) -> Path:
    """Write the page; its path."""
    path = folder / "card.html"
    path.write_text(page_of(card), encoding="utf-8")
    return path


def page_of(card: Card) -> str:
    """Render the page."""
    environment = page_environment()
    environment.filters |= {"seconds": seconds, "share": share, "ms": milliseconds}
    trials: dict[str, list[TrialResult]] = {
        line.name: [trial for trial in card.trials if trial.name == line.name] for line in card.lines
    }
    return environment.get_template("report_card.html.j2").render(
        card=card,
        trials=trials,
        charts={trial.folder: scatter(trial.figures.latencies) for trial in card.trials},
        across=across,
        holding=sum(line.verdict is Verdict.HOLDS for line in card.lines),
    )


def across(chart: Scatter, band: Band) -> tuple[float, float, float]:
    """Where a fault lies on a chart: its beginning, where its healing began, and its end, in percent."""
    return chart.across(band.from_s), chart.across(band.healing_s), chart.across(band.until_s)


def seconds(value: float | None) -> str:
    """Word a duration; a dash for one that was not measured."""
    if value is None:
        return "–"
    return f"{value:.1f} s" if value < 100 else f"{value:.0f} s"


def share(value: float | None) -> str:
    """Word a share, never rounded up."""
    return "–" if value is None else percent(round(value * 1_000_000), 1_000_000)
