"""The newest of every series as Prometheus reads it: its text format, or OpenMetrics, which has exemplars too."""

import re
from collections.abc import Iterable, Mapping

from veigo.telemetry.measurements import Exemplar, Key, Series

OPENMETRICS = "application/openmetrics-text"

# Base units are spelled out in a metric's name.
UNITS = {"s": "seconds", "By": "bytes", "1": "ratio"}

_NOT_A_NAME = re.compile(r"[^a-zA-Z0-9_]")


def content_type(openmetrics: bool) -> str:
    """What the text is."""
    return f"{OPENMETRICS}; version=1.0.0; charset=utf-8" if openmetrics else "text/plain; version=0.0.4; charset=utf-8"


def text(series: Mapping[Key, Series], since_us: int = 0, *, openmetrics: bool = True) -> str:
    """The exposition of these series; of those told since then, for a node that is gone must not look well for ever."""
    families: dict[str, list[tuple[str, Series]]] = {}
    for (node, metric, _), one in series.items():
        if one.at_us >= since_us:
            families.setdefault(family_of(metric, one.unit), []).append((node, one))
    lines: list[str] = []
    for name, members in sorted(families.items()):
        kind, about = members[0][1].kind, members[0][1].about
        named = f"{name}_total" if kind == "counter" and not openmetrics else name
        lines.append(f"# TYPE {named} {kind}")
        if about:
            lines.append(f"# HELP {named} {escaped(about)}")
        for node, one in members:
            lines += samples(name, {"instance": node} | one.labels, one, exemplars=openmetrics)
    return "\n".join([*lines, *(["# EOF"] if openmetrics else []), ""])


def family_of(metric: str, unit: str) -> str:
    """A metric's name as Prometheus spells it, with its unit."""
    name = _NOT_A_NAME.sub("_", metric)
    spelled = UNITS.get(unit, "")
    return f"{name}_{spelled}" if spelled and not name.endswith(spelled) else name


def samples(name: str, labels: Mapping[str, object], series: Series, *, exemplars: bool) -> Iterable[str]:
    """The lines of one series."""
    if series.kind == "counter":
        yield f"{name}_total{labelled(labels)} {series.value:g}"
        return
    if series.kind == "gauge":
        yield f"{name}{labelled(labels)} {series.value:g}"
        return
    below, lower = 0, float("-inf")
    for count, bound in zip(series.buckets, [*series.bounds, float("inf")], strict=True):
        below += count
        edge = "+Inf" if bound == float("inf") else f"{bound:g}"
        line = f"{name}_bucket{labelled({**labels, 'le': edge})} {below}"
        standing = [one for one in series.exemplars if exemplars and lower < one.value <= bound]
        yield line + (exemplar_of(standing[-1]) if standing else "")
        lower = bound
    yield f"{name}_sum{labelled(labels)} {series.value:g}"
    yield f"{name}_count{labelled(labels)} {series.count}"


def exemplar_of(exemplar: Exemplar) -> str:
    """An exemplar at the end of a bucket's line."""
    span = f',span_id="{exemplar.span_id}"' if exemplar.span_id else ""
    return f' # {{trace_id="{exemplar.trace_id}"{span}}} {exemplar.value:g} {exemplar.at_us / 1e6:.3f}'


def labelled(labels: Mapping[str, object]) -> str:
    """Labels in braces."""
    pairs = ",".join(f'{_NOT_A_NAME.sub("_", name)}="{escaped(str(value))}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def escaped(value: str) -> str:
    """A label's value or a sentence, as the format wants it quoted."""
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
