"""The table is the stack: its ports are those people rely on, and every service is wired by an edge of it."""

from pathlib import Path

import pytest

from stack import connect, kafka
from stack.connectors import configuration
from stack.services import (
    aggregator_environment,
    authentication_environment,
    chat_environment,
    gateway_environment,
    realtime_environment,
)
from stack.table import EDGES, NODES, TOPOLOGY
from stack.tools import toolchain
from stack.topics import PARTITIONS, configuration_of
from veigo.stack.ports import ports_of
from veigo.stack.stack import Stack

ENVIRONMENTS = {
    "authentication": authentication_environment,
    "chat": chat_environment,
    "realtime": realtime_environment,
    "aggregator": aggregator_environment,
    "gateway": gateway_environment,
}


@pytest.fixture
def stack(tmp_path):
    return Stack(topology=TOPOLOGY, toolchain=toolchain(), base=4000, name="default", home=tmp_path)


def test_the_default_stack_has_the_ports_that_are_written_down():
    expected = {
        4000: "gateway",
        4100: "authentication",
        4200: "chat",
        4300: "realtime",
        4400: "aggregator",
        4450: "aggregator",
        4500: "postgres",
        4600: "kafka",
        4601: "kafka",
        4700: "connect",
        4800: "mongo",
        4900: "opa",
        4950: "collector",
    }

    assert expected == dict(sorted(ports_of(TOPOLOGY, 4000).items()))


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_service_is_told_only_where_the_table_lets_it_go(name, stack):
    """`reach` refuses an edge that is not there, so rendering the environment proves the wiring."""
    told = " ".join(ENVIRONMENTS[name](stack).values())

    for node in NODES:
        if node.name == "collector":  # told by the launcher, to all of them alike
            continue
        has_edge = any(edge.dialled and (edge.source, edge.target) == (name, node.name) for edge in EDGES)
        ports = [stack.base + offset for offset in (node.offset, *node.more_offsets)]
        assert has_edge == any(f"127.0.0.1:{port}" in told for port in ports), node.name


def test_every_node_but_the_gateway_is_somebodys_target_or_source():
    lonely = [n.name for n in NODES if not any(n.name in (edge.source, edge.target) for edge in EDGES)]

    assert [] == lonely


def test_a_change_reaches_everybody_the_change_stream_names():
    """For each CDC edge: the target reads Kafka, and Connect captures the source's database."""
    for edge in (edge for edge in EDGES if not edge.dialled):
        assert TOPOLOGY.edge(edge.target, "kafka")
        assert configuration(edge.source)["slot.name"] == f"veigo_{edge.source}"


@pytest.mark.parametrize("name", ["authentication", "chat"])
def test_every_captured_table_has_its_topic(name):
    tables = configuration(name)["table.include.list"].split(",")

    assert {f"{name}.{table}" for table in tables} <= PARTITIONS.keys()


@pytest.mark.parametrize("name", ["authentication", "chat"])
def test_a_connector_holds_no_secret_and_fails_loudly(name):
    config = configuration(name)

    assert "${env:DEBEZIUM_PASSWORD}" == config["database.password"]
    assert "trust_offset" == config["offset.mismatch.strategy"]
    assert "none" == config["errors.tolerance"]
    assert "disabled" == config["publication.autocreate.mode"]


def test_a_rooms_changes_stay_in_one_partition():
    assert "public.room_events:room_id" == configuration("chat")["message.key.columns"]
    assert 4 == PARTITIONS["chat.public.room_events"]


def test_every_topic_is_stamped_by_the_broker():
    assert {"LogAppendTime"} == {configuration_of(topic)["message.timestamp.type"] for topic in PARTITIONS}


def test_kafka_listens_on_the_loopback_interface_only(stack):
    listeners = kafka.settings(stack)["listeners"]

    assert "PLAINTEXT://127.0.0.1:4600,CONTROLLER://127.0.0.1:4601" == listeners


def test_connect_is_told_passwords_by_its_environment_alone(stack):
    password = stack.secrets.password("debezium")

    assert password == connect.launch(stack).environment["DEBEZIUM_PASSWORD"]
    assert password not in " ".join([*connect.settings(stack).values(), *connect.launch(stack).arguments])


def test_the_diagram_in_the_docs_is_the_tables():
    """Print it anew with `python -c "from stack.table import TOPOLOGY; print(TOPOLOGY.mermaid())"`."""
    page = (Path(__file__).parents[3] / "docs" / "data_flow.md").read_text(encoding="utf-8")

    assert TOPOLOGY.mermaid().rstrip() in page
