"""Prometheus rules from the expectations: the alerts as they stand, and burn rates from the objectives.

An objective's error budget is what its target leaves. An alert fires when a long and a short window both burn it
faster than a rate: the long one says that it matters, the short one that it still goes on (Google's SRE workbook,
"Alerting on SLOs", multiwindow, multi-burn-rate).
"""

from dataclasses import dataclass
from string import Template
from typing import Any

import yaml

from veigo.observability.expectations import Alert, Expectations, Objective

BAD_RATIO = "veigo:bad_ratio:rate"
EVALUATED_EVERY = "15s"
RECORDED_EVERY = "1m"  # windows of minutes to days
LINE_MAX = 1_000  # so that no expression is broken over lines
HEADER = "# Made from observability/expected by `python -m veigo.observability`; change it there.\n"


@dataclass(frozen=True, slots=True)
class Burn:
    """How many times faster than allowed the budget burns, over a long and a short window."""

    rate: float
    long: str
    short: str
    severity: str


BURNS = (Burn(14.4, "1h", "5m", "page"), Burn(6, "6h", "30m", "page"), Burn(1, "3d", "6h", "ticket"))
WINDOWS = tuple(dict.fromkeys(window for burn in BURNS for window in (burn.short, burn.long)))


def rules(expectations: Expectations) -> str:
    """The rule file, as YAML."""
    recording = [_record(objective, window) for objective in expectations.objectives for window in WINDOWS]
    burning = [_alert(_burning(one, burn)) for one in expectations.objectives for burn in BURNS]
    groups = [
        _group("veigo_nodes", EVALUATED_EVERY, [_alert(alert) for alert in expectations.alerts]),
        _group("veigo_objectives_recorded", RECORDED_EVERY, recording),
        _group("veigo_objectives", RECORDED_EVERY, burning),
    ]
    return HEADER + yaml.safe_dump({"groups": groups}, sort_keys=False, width=LINE_MAX)


def recorded(window: str) -> str:
    """The series that has the share of bad events over a window."""
    return f"{BAD_RATIO}{window}"


def _group(name: str, every: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": name, "interval": every, "rules": entries}


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": alert.expr,
        "for": alert.lasting,
        "labels": {"severity": alert.severity},
        "annotations": {"summary": alert.summary, "does": alert.does},
    }


def _record(objective: Objective, window: str) -> dict[str, Any]:
    bad, whole = (Template(part).substitute(window=window) for part in (objective.bad, objective.all))
    return {"record": recorded(window), "expr": f"({bad}) / ({whole})", "labels": {"objective": objective.name}}


def _burning(objective: Objective, burn: Burn) -> Alert:
    threshold = f"{burn.rate * (1 - objective.target):.6g}"
    of = f'{{objective="{objective.name}"}}'
    return Alert(
        name=f"{objective.name}Budget{burn.long}",
        expr=f"{recorded(burn.long)}{of} > {threshold} and {recorded(burn.short)}{of} > {threshold}",
        severity=burn.severity,
        summary=f"Less than {objective.target:.3%} of what was promised: {objective.says}; "
        "{{ $value | humanizePercentage }} " + f"missed it over {burn.long}",
        does="Open the Messages dashboard, or the journey page: it shows where the time goes, and what broke.",
    )
