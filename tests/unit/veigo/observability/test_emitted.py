"""What a run told is held against what is expected: each kind of lie is found, and an honest run is not accused."""

import dataclasses

import pytest

from stack.collector import EXPECTED
from stack.table import TOPOLOGY
from veigo.observability.emitted import Emitted, charts_of, emitted, findings
from veigo.observability.expectations import When, read
from veigo.stack.scale import scaled
from veigo.telemetry.rows import Batch, Facts, MessagePart, Point, Span
from veigo.telemetry.store import Store

EXPECTATIONS = read(EXPECTED)
KINDS = [node.kind for node in TOPOLOGY.nodes]
HONEST = Emitted(
    messages=100,
    spans=frozenset(
        (node.kind, span.name.replace("*", "Example"), span.kind)
        for node in EXPECTATIONS.nodes.values()
        for span in node.spans
    ),
    points=frozenset(
        (kind, chart)
        for kind in EXPECTATIONS.nodes
        for metric in EXPECTATIONS.metrics_about(kind)
        for chart in charts_of(metric)
    ),
)


def found(**changes):
    return findings(EXPECTATIONS, TOPOLOGY, dataclasses.replace(HONEST, **changes))


def test_a_run_that_told_everything_is_as_expected():
    """Every node, every edge."""
    assert ((), 0) == (found().problems, found().code)
    assert "over 100 messages" in str(found())


OF_EACH_MESSAGE = [
    (node.kind, span.name, span.kind)
    for node in EXPECTATIONS.nodes.values()
    for span in node.spans
    if span.when is When.MESSAGE
]


@pytest.mark.parametrize("span", OF_EACH_MESSAGE)
def test_a_span_that_is_missing_is_told(span):
    """Of those that every message brings."""
    without = found(spans=HONEST.spans - {span})

    assert f"{span[0]} told no {span[2]} span {span[1]!r}" in without.problems
    assert 1 == without.code


@pytest.mark.parametrize("kind", KINDS)
def test_a_metric_that_is_missing_is_told(kind):
    """Each that is always there."""
    for metric in EXPECTATIONS.metrics_about(kind):
        if metric.when is When.ALWAYS:
            gone = {(kind, chart) for chart in charts_of(metric)}

            assert f"{kind} told nothing of {metric.name!r}" in found(points=HONEST.points - gone).problems


def test_what_nobody_expects_is_told():
    """A span, a metric, or a node nobody knows."""
    stranger = ("mallory", "steal", "CLIENT")

    assert ("chat told a CLIENT span 'SELECT secrets', which nobody expects of it",) == found(
        spans=HONEST.spans | {("chat", "SELECT secrets", "CLIENT")}
    ).problems
    assert ("chat told 'veigo.mood', which nobody expects of it",) == found(
        points=HONEST.points | {("chat", "veigo.mood")}
    ).problems
    assert ("mallory tells, and is no node of the stack",) == found(spans=HONEST.spans | {stranger}).problems


def test_an_edge_no_message_took_is_told():
    """Though its node told other things."""
    spans = HONEST.spans - {("aggregator", "project", "CONSUMER")}

    assert "edge aggregator → kafka: aggregator told no 'project'" in found(spans=spans).problems


def test_a_replica_that_says_nothing_is_told():
    """Its like may have done all the work, and it may be that it cannot reach the collector."""
    two = scaled(TOPOLOGY, {"realtime": 2})

    assert ("realtime-2 told nothing at all",) == findings(EXPECTATIONS, two, HONEST).problems


def test_without_messages_nothing_can_be_said():
    """Neither that it is as expected nor that it is not."""
    assert 2 == found(messages=0, spans=frozenset(), points=frozenset()).code


def test_a_store_is_read_for_what_was_told(tmp_path):
    """Acknowledged messages, kinds of spans and charts, each once."""
    span = Span("t", "s", None, "chat", "INSERT messages", "CLIENT", 1, 2, True, "m1", "{}")
    with Store.open(tmp_path / "t.duckdb") as store:
        told = [Point(1, "chat", "veigo.slot.lag", "{}", 1.0), Point(2, "chat", "veigo.slot.lag", "{}", 1.0)]
        store.write(
            Batch(
                messages=[MessagePart("m1", Facts(acked_us=1)), MessagePart("m2", Facts())], spans=[span], points=told
            )
        )

        assert Emitted(
            1, frozenset({("chat", "INSERT messages", "CLIENT")}), frozenset({("chat", "veigo.slot.lag")})
        ) == emitted(store)
