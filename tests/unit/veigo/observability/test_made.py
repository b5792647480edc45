"""The committed dashboards and rules are those of the expectations, and ask only for what is really told."""

import json
import re
from itertools import product

import promql_parser
import pytest
import yaml

from stack.collector import EXPECTED
from stack.table import TOPOLOGY
from veigo.observability.expectations import read
from veigo.observability.made import made
from veigo.observability.rules import WINDOWS, recorded
from veigo.telemetry.prometheus import family_of

EXPECTATIONS = read(EXPECTED)
FOLDER = EXPECTED.parent
MADE = made(EXPECTATIONS, TOPOLOGY)
SUFFIXES = {"gauge": ("",), "counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
OURS = {
    family_of(metric.name, metric.unit) + suffix: {"instance", *metric.labels, *(["le"] if suffix == "_bucket" else [])}
    for metric in EXPECTATIONS.metrics.values()
    for suffix in SUFFIXES[metric.kind]
}
KNOWN = OURS | {recorded(window): {"objective"} for window in WINDOWS} | {"up": {"job", "instance"}}


def expressions():
    """Every PromQL expression, with where it stands."""
    for name, text in MADE.items():
        if name.endswith(".json"):
            for panel in json.loads(text)["panels"]:
                yield from ((f"{name}: {panel['title']}", one["expr"]) for one in panel.get("targets", ()))
        else:
            for group in yaml.safe_load(text)["groups"]:
                yield from ((f"{name}: {rule.get('alert') or rule['record']}", rule["expr"]) for rule in group["rules"])


def selectors(expression):
    """The series an expression asks for: name and the labels it chooses by."""
    node = promql_parser.parse(expression.replace("$__rate_interval", "1m"))
    found, open_nodes = [], [node]
    while open_nodes:
        node = open_nodes.pop()
        if isinstance(node, promql_parser.VectorSelector):
            found.append((node.name, {matcher.name for matcher in node.matchers.matchers} - {"__name__"}))
        for inside in ("expr", "lhs", "rhs", "vector_selector", "vs", "args"):
            value = getattr(node, inside, None)
            open_nodes += value if isinstance(value, list) else [value] if value is not None else []
    return found


EXPRESSIONS = sorted(set(expressions()))


@pytest.mark.parametrize("path", sorted(MADE))
def test_the_committed_file_is_what_the_expectations_make(path):
    """`python -m veigo.observability` writes it."""
    assert MADE[path] == (FOLDER / path).read_text(encoding="utf-8")


def test_nothing_is_committed_that_nobody_makes():
    """A dashboard that was renamed would stay."""
    folders = ("grafana/dashboards/*", "prometheus/rules/*")
    there = {str(path.relative_to(FOLDER)) for folder in folders for path in FOLDER.glob(folder)}

    assert set(MADE) == there


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS, ids=[where for where, _ in EXPRESSIONS])
def test_every_expression_asks_for_metrics_and_labels_that_are_told(where, expression):
    """By the names Prometheus knows them under."""
    asked = selectors(expression)

    assert asked
    assert [] == [name for name, _ in asked if name not in KNOWN]
    assert [] == [(name, labels - KNOWN[name]) for name, labels in asked if labels - KNOWN[name]]


def test_an_expression_about_nothing_is_found():
    """The test above can fail."""
    assert [("veigo_mood", {"node"})] == selectors('rate(veigo_mood{node="chat"}[$__rate_interval])')


def test_every_metric_is_shown_somewhere():
    """What nobody looks at need not be told."""
    shown = {name for where, expression in EXPRESSIONS for name, _ in selectors(expression)}
    unseen = [
        metric.name
        for metric in EXPECTATIONS.metrics.values()
        if shown.isdisjoint(family_of(metric.name, metric.unit) + suffix for suffix in SUFFIXES[metric.kind])
    ]

    assert [] == unseen


def test_panels_do_not_lie_over_each_other():
    """And each has a number of its own, in its dashboard."""
    for name, text in MADE.items():
        if name.endswith(".json"):
            panels = json.loads(text)["panels"]
            places = [panel["gridPos"] for panel in panels]
            taken = [
                at
                for place in places
                for at in product(
                    range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
                )
            ]

            assert len(taken) == len(set(taken))
            assert len(panels) == len({panel["id"] for panel in panels})
            assert all(0 <= x < 24 for x, _ in taken)


def test_the_same_expectations_make_the_same_bytes():
    """Whatever order the files are read in."""
    assert MADE == made(read(EXPECTED), TOPOLOGY)


def test_provisioning_names_the_datasource_the_dashboards_ask():
    """And where the dashboards are mounted."""
    told = yaml.safe_load((FOLDER / "grafana/provisioning/datasources/veigo.yaml").read_text())
    asked = {match for text in MADE.values() for match in re.findall(r'"uid": "(veigo)"', text)}

    assert {source["uid"] for source in told["datasources"]} == asked
