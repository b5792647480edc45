"""The expectations cover the stack table, and a gap in either is told in a sentence."""

import dataclasses

import pytest

from stack.collector import EXPECTED
from stack.table import TOPOLOGY
from veigo.observability.expectations import Expectations, NodeExpectation, Told, When, read
from veigo.stack.problem import StackError
from veigo.telemetry import completeness

EXPECTATIONS = read(EXPECTED)


def test_every_node_and_edge_of_the_stack_has_expectations():
    """And nothing is expected of what is not there."""
    assert [] == EXPECTATIONS.problems(TOPOLOGY)


@pytest.mark.parametrize("kind", sorted(EXPECTATIONS.nodes))
def test_a_node_without_expectations_is_told(kind):
    """Whichever it is; its edges with it."""
    without = Expectations(node for node in EXPECTATIONS.nodes.values() if node.kind != kind)
    problems = without.problems(TOPOLOGY)

    assert EXPECTATIONS.nodes[kind].outside or f"node {kind} has no expectations; write {kind}.toml" in problems


def test_an_edge_without_expectations_is_told():
    """Or one that names spans nobody tells, or one that says nothing at all."""
    chat = EXPECTATIONS.nodes["chat"]
    for edges, problem in (
        (chat.edges[1:], "edge chat → authentication by grpc has no expectations"),
        (
            (dataclasses.replace(chat.edges[1], spans=(Told("chat", "GET opa", "CLIENT"),)), *chat.edges),
            "edge chat → opa: nobody expects chat to tell 'GET opa'",
        ),
        (
            (dataclasses.replace(chat.edges[0], silent=""), *chat.edges[1:]),
            "edge chat → authentication must either name spans, or say why it is silent",
        ),
    ):
        nodes = [*EXPECTATIONS.nodes.values(), dataclasses.replace(chat, edges=edges)]

        assert problem in Expectations(nodes).problems(TOPOLOGY)


def test_a_node_that_is_no_longer_in_the_stack_is_told():
    """Its file is to be deleted."""
    problems = Expectations([*EXPECTATIONS.nodes.values(), NodeExpectation("relay", silent="gone")]).problems(TOPOLOGY)

    assert ["relay.toml is about no node of the stack"] == problems


BAD = ("[[spans]\n", '[[spans]]\nnom = "x"', '[[metrics]]\nname = "x"\nkind = "gauge"\nof = "y"', "loud = true")


@pytest.mark.parametrize("text", BAD)
def test_a_file_that_cannot_be_read_is_named(tmp_path, text):
    """With what is wrong in it."""
    (tmp_path / "chat.toml").write_text(text)

    with pytest.raises(StackError, match=r"chat\.toml cannot be read as expectations: "):
        read(tmp_path)


def test_a_folder_without_any_is_refused(tmp_path):
    """Nothing expected would be nothing missed."""
    with pytest.raises(StackError, match="has no expectations"):
        read(tmp_path)


def test_what_makes_a_trace_whole_is_what_is_expected_of_every_message():
    """The completeness of traces and the expectations of nodes speak of the same spans."""
    expected = {
        (span.hop, span.kind)
        for node in EXPECTATIONS.nodes.values()
        for span in node.spans
        if span.when is When.MESSAGE
    }

    assert {(one.hop, one.kind) for one in completeness.EXPECTED} == expected
