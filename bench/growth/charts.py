"""Charts of growth as SVG: cost by count, one line for each kind of node, readable on light and dark pages. Pure."""

from collections.abc import Mapping, Sequence

from bench.growth.fits import Fit

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 130, 30, 40
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # told apart by colour-blind people too
GREY = "#8a8a8a"
FONT = 'font-family="sans-serif" font-size="12"'
TICKS = 4

Points = Sequence[tuple[float, float]]


def chart(title: str, across: str, series: Mapping[str, Points], fits: Mapping[str, Fit]) -> str:
    """Draw lines through points, with the fitted straight line of each dashed behind it."""
    count_max = max(x for points in series.values() for x, _ in points) or 1
    cost_max = _round_up(max(y for points in series.values() for _, y in points) or 1)

    def at(x: float, y: float) -> str:
        return (
            f"{LEFT + x / count_max * (WIDTH - LEFT - RIGHT):.1f},"
            f"{TOP + (1 - min(max(y, 0), cost_max) / cost_max) * (HEIGHT - TOP - BOTTOM):.1f}"
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT} fill="{GREY}">',
        f"<title>{title}</title>",
        f'<text x="{LEFT}" y="18" font-size="14">{title}</text>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{across}</text>',
    ]
    for tick in range(TICKS + 1):
        x, y = count_max * tick / TICKS, cost_max * tick / TICKS
        left, low = at(0, y).split(","), at(x, 0).split(",")
        parts.append(
            f'<path d="M{at(0, y)}L{at(count_max, y)}" stroke="{GREY}" stroke-opacity=".25"/>'
            f'<text x="{LEFT - 6}" y="{float(left[1]) + 4}" text-anchor="end">{y:.3g}</text>'
            f'<text x="{low[0]}" y="{float(low[1]) + 16}" text-anchor="middle">{x:,.0f}</text>'
        )
    ends = sorted(((points[-1][1], name) for name, points in series.items()), reverse=True)
    for number, (name, points) in enumerate(series.items()):
        colour, line = COLOURS[number % len(COLOURS)], fits[name]
        dots = "".join(f'<circle cx="{p[0]}" cy="{p[1]}" r="3"/>' for p in (at(x, y).split(",") for x, y in points))
        place = TOP + 14 + 18 * [other for _, other in ends].index(name)
        parts.append(
            f'<g fill="{colour}" stroke="none"><path d="M{at(0, line.intercept)}'
            f'L{at(count_max, line.intercept + line.slope * count_max)}" stroke="{colour}" stroke-dasharray="4 4"/>'
            f'<path d="M{"L".join(at(x, y) for x, y in points)}" stroke="{colour}" fill="none" stroke-width="2"/>'
            f'{dots}<text x="{WIDTH - RIGHT + 10}" y="{place}">{name}</text></g>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _round_up(value: float) -> float:
    step = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 0.1
    return next(step * n for n in (1, 2, 3, 4, 5, 6, 8, 10, 20) if step * n >= value)
