"""Results as Markdown: the README's table, and the page beside the raw figures. Pure."""

from bench.results import Line, Result, Results
from bench.scoring import Standing

SIGNS = {
    Standing.REACHED: "✓",
    Standing.NOT_REACHED: "✗ not reached",
    Standing.TOLD: "",
    Standing.NOT_MEASURED: "not measured",
}
UNITS = {
    "_ms": "ms",
    "_ms_per_message": "ms",
    "_us": "µs",
    "per_s": "/s",
    "_per_cpu_s": "/CPU-s",
    "_kb": "KB",
    "_kib": "KiB",
    "_bytes": "B",
    "_s": "s",
}
EXPLAINED = (
    "Medians of repetitions that ran interleaved, with the smallest and the largest; a ratio is made within each "
    "repetition. Raw figures: the JSON file of the same name."
)
HEAD = "| what | of | by | ratio (spread) | wanted | |\n|---|---|---|---|---|---|"


def table(results: Results, *, of_goals: bool = False) -> str:
    """Return the scoreboard's table: all ratios, or those with a goal; losses too, and why one was not measured."""
    lines = [(name, line) for name, result in results.measures.items() for line in result.lines]
    return "\n".join([HEAD, *(_row(name, line) for name, line in lines if line.goal or not of_goals)])


def page(results: Results) -> str:
    """Return the page beside the raw figures: the table, what each measure asks, and what it ran on."""
    parts = [
        f"# Scoreboard of {results.date}",
        f"{_machine(results)}. {EXPLAINED}",
        table(results),
        *(_about(name, result) for name, result in results.measures.items()),
        "## Versions\n\n" + ", ".join(f"{name} {version}" for name, version in results.versions.items()),
    ]
    return "\n\n".join(parts) + "\n"


def _row(name: str, line: Line) -> str:
    sign = SIGNS[line.standing] + (f": {line.why_not}" if line.why_not else "")
    sides = (_sides(line.over, line.over_median, line.figure), _sides(line.under, line.under_median, line.under_figure))
    return (
        f"| {name.replace('_', ' ')}, {line.name} | {sides[0]} | {sides[1]} | {_ratio(line)} | {line.goal} | {sign} |"
    )


def _sides(names: tuple[str, ...], median: float | None, figure: str) -> str:
    told = " + ".join(names)
    return told if median is None else f"{told}: {_number(median)}{_unit(figure)}"


def _ratio(line: Line) -> str:
    if line.median is None or line.spread is None:
        return "–"
    least, most = line.spread
    return f"**{_number(line.median)}** ({_number(least)}–{_number(most)})"


def _about(name: str, result: Result) -> str:
    sides = "\n".join(f"- *{side}*: {does}" for side, does in result.sides.items())
    taken = f"{len(result.repetitions)} repetitions at {result.at}, seed {result.seed}, sources {result.commit}."
    versions = "".join(f" {what} {version}." for what, version in result.versions.items())
    note = f"\n\n{result.note}" if result.note else ""
    return f"## {name}\n\n{result.question}\n\n{sides}{note}\n\n{taken}{versions}"


def _machine(results: Results) -> str:
    told = results.machine
    memory_gib = int(told["memory_mib"]) / 1024
    return f"{told['cpu']}, {told['cores']} cores, {memory_gib:.0f} GiB, {told['kernel']}"


def _unit(figure: str) -> str:
    unit = next((unit for ending, unit in UNITS.items() if figure.endswith(ending)), "")
    return unit if unit.startswith("/") else f" {unit}".rstrip()


def _number(value: float) -> str:
    """Three digits that count, and thousands with commas."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
