"""A table that contradicts itself is refused where it is written; start and stop order follow from it."""

import pytest

from veigo.stack.edge import Edge
from veigo.stack.node import Job, Launch, Node, nothing
from veigo.stack.topology import TableError, Topology, start_order


def node(name, offset, after=(), more_offsets=()):
    return Node(name, name, offset, lambda stack: Launch(("true",)), nothing, after=after, more_offsets=more_offsets)


def job(name, after):
    return Job(name, name, nothing, after=after)


def test_each_step_starts_after_all_it_waits_for():
    steps = [node("chat", 200, after=("migrations",)), job("migrations", ("postgres",)), node("postgres", 500)]

    assert ["postgres", "migrations", "chat"] == start_order(steps)


def test_steps_that_wait_for_each_other_are_refused():
    with pytest.raises(TableError, match="chat, opa would start after each other"):
        Topology((node("chat", 200, after=("opa",)), node("opa", 900, after=("chat",))), (), ())


def test_waiting_for_a_step_that_is_not_there_is_refused():
    with pytest.raises(TableError, match="chat must start after opa, which the table does not have"):
        Topology((node("chat", 200, after=("opa",)),), (), ())


def test_two_nodes_cannot_claim_one_port():
    with pytest.raises(TableError, match="opa and kafka both claim port offset 601"):
        Topology((node("kafka", 600, more_offsets=(601,)), node("opa", 601)), (), ())


def test_a_port_outside_the_block_is_refused():
    with pytest.raises(TableError, match="offset 1000 is outside"):
        Topology((node("kafka", 1000),), (), ())


def test_a_name_stands_in_the_table_once():
    with pytest.raises(TableError, match="opa is in the table twice"):
        Topology((node("opa", 900),), (job("opa", ()),), ())


def test_an_edge_touches_nodes_only():
    with pytest.raises(TableError, match="touches nowhere, which is no node"):
        Topology((node("chat", 200),), (), (Edge("chat", "nowhere", via="grpc"),))


def test_nodes_that_dial_each_other_could_not_be_stopped_in_order():
    edges = (Edge("chat", "opa", via="http"), Edge("opa", "chat", via="http"))

    with pytest.raises(TableError, match="would stop after each other"):
        Topology((node("chat", 200), node("opa", 900)), (), edges)


def test_an_edge_that_is_not_in_the_table_cannot_be_dialled():
    table = Topology((node("chat", 200), node("mongo", 800)), (), ())

    with pytest.raises(TableError, match="chat has no edge to mongo; add Edge"):
        table.edge("chat", "mongo")


def test_the_change_stream_is_an_edge_nobody_dials():
    table = Topology((node("chat", 200), node("realtime", 300)), (), (Edge("chat", "realtime", via="cdc"),))

    assert set() == table.users("realtime")
    with pytest.raises(TableError):
        table.edge("chat", "realtime")


def test_a_part_of_the_stack_brings_what_it_waits_for():
    table = Topology(
        (node("chat", 200, after=("migrations",)), node("opa", 900), node("postgres", 500)),
        (job("migrations", ("postgres",)),),
        (),
    )

    assert ["chat", "postgres", "migrations"] == [step.name for step in table.only({"chat"})]


def test_a_part_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(TableError, match="the stack has no 'redis'; it has opa"):
        Topology((node("opa", 900),), (), ()).only({"redis"})


def test_the_diagram_shows_every_edge_and_dots_the_change_stream():
    edges = (Edge("realtime", "chat", via="grpc"), Edge("chat", "realtime", via="cdc"))
    table = Topology((node("chat", 200), node("realtime", 300)), (), edges)

    expected = ["flowchart LR", "    realtime -->|grpc| chat", "    chat -.->|cdc| realtime"]
    assert expected == table.mermaid().splitlines()
