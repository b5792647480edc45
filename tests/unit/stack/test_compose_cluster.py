"""compose.cluster.yaml is the table scaled: three brokers with three copies, two of each service."""

from pathlib import Path

import pytest
import yaml

from stack import connect, kafka, services
from stack.containers import CLUSTER, scale_of
from stack.job import stack_of
from stack.table import TOPOLOGY
from veigo.stack.scale import read_scale, scaled

ROOT = Path(__file__).resolve().parents[3]
SERVICES = ("gateway", "authentication", "chat", "realtime", "aggregator")
# Where a container listens and advertises, and keeps data, is its own affair; compose.yaml's test says which settings.
ELSEWHERE = {"listeners", "listener.security.protocol.map", "log.dirs", "advertised.listeners"}


# What gRPC dials: one name that both of a kind answer to, and their port.
BY_ONE_NAME = {f"{kind.upper()}_ADDRESS": kind for kind in ("authentication", "chat", "aggregator")}


class Overlay(yaml.SafeLoader):
    """Reads Compose's own tags: what is overridden is what stands there, what is reset is nothing."""


Overlay.add_constructor("!override", lambda loader, node: loader.construct_sequence(node))
Overlay.add_constructor("!reset", lambda loader, node: None)

FIRST = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
MORE = yaml.load((ROOT / "compose.cluster.yaml").read_text(), Overlay)
NODES = scaled(TOPOLOGY, CLUSTER).nodes


@pytest.fixture
def stack(tmp_path):
    """The stack as the containers of the overlay find each other."""
    told = MORE["x-scaled"] | {"VEIGO_HOME": str(tmp_path), "SECRETS_DIR": str(tmp_path)}
    return stack_of(told)


def environment(name):
    """What a container is told, both files together, as Compose puts them together."""
    overlay = MORE["services"].get(name, {})
    first = FIRST[overlay.get("extends", {}).get("service", name)]
    return {**(first.get("environment") or {}), **(overlay.get("environment") or {})}


def test_it_has_the_scaled_tables_nodes(stack):
    """And the harness asks for that scale when it is asked for the overlay."""
    added = {name for name in MORE["services"] if name not in FIRST}

    assert {node.name for node in NODES} - {node.name for node in TOPOLOGY.nodes} == added
    assert [node.name for node in NODES] == [node.name for node in stack.topology.nodes]
    assert CLUSTER == read_scale(scale_of(("cluster",)), TOPOLOGY)
    assert [] == scale_of(("observability",))


def test_each_node_is_where_its_users_look_for_it(stack):
    """Under its own name, at the port of its kind."""
    for node in NODES:
        host, port = stack.address(node.name).split(":")
        first = {"kafka": "9092"}.get(node.kind) or environment(node.kind).get("LISTEN_PORT")
        assert node.name == host
        if first:
            assert first == port


@pytest.mark.parametrize("name", [f"{kind}{more}" for kind in SERVICES for more in ("", "-2")])
def test_every_service_knows_all_of_whom_it_dials(name, stack):
    """Both of a pair are told the same, and each says who it is."""
    kind = name.removesuffix("-2")
    told = environment(name)
    expected = getattr(services, f"{kind}_environment")(stack)

    for key in expected.keys() - {"DATABASE_URL", "SIGNING_KEY_FILE", "PLAYGROUND_ASSETS_DIR", *BY_ONE_NAME}:
        assert expected[key] == told[key], key
    for key in expected.keys() & BY_ONE_NAME.keys():
        first = expected[key].partition(",")[0]
        assert f"every-{first}" == told[key], key
    assert f"service.instance.id={name}," in told["OTEL_RESOURCE_ATTRIBUTES"]


@pytest.mark.parametrize("kind", BY_ONE_NAME.values())
def test_both_of_a_kind_answer_to_one_name(kind):
    """And whoever dials it starts when both are there, so that it finds two addresses."""
    for name in (kind, f"{kind}-2"):
        assert {"default": {"aliases": [f"every-{kind}"]}} == MORE["services"][name]["networks"]
    for name, service in MORE["services"].items():
        if f"every-{kind}:" in str(service.get("environment")):
            assert {"condition": "service_healthy"} == service["depends_on"][f"{kind}-2"], name


@pytest.mark.parametrize("name", ["kafka", "kafka-2", "kafka-3"])
def test_brokers_keep_three_copies_and_wait_for_two(name, stack):
    """With the settings of the scaled table."""
    expected = {key: value for key, value in kafka.settings(stack, name).items() if key not in ELSEWHERE}
    expected["controller.quorum.voters"] = "1@kafka:9093,2@kafka-2:9093,3@kafka-3:9093"
    actual = {
        key.removeprefix("KAFKA_").lower().replace("_", "."): value
        for key, value in environment(name).items()
        if key != "KAFKA_HEAP_OPTS"
    }

    assert {"3", "2"} == {expected["default.replication.factor"], expected["min.insync.replicas"]}
    assert expected == {key: value for key, value in actual.items() if key not in ELSEWHERE}
    assert f"PLAINTEXT://{name}:9092" in actual["advertised.listeners"]


def test_connect_keeps_three_copies_of_what_it_remembers(stack):
    """And begins at any broker."""
    told = environment("connect")
    settings = connect.settings(stack)

    assert settings["bootstrap.servers"] == told["BOOTSTRAP_SERVERS"]
    for kind in ("config", "offset", "status"):
        assert (
            settings[f"{kind}.storage.replication.factor"] == told[f"CONNECT_{kind.upper()}_STORAGE_REPLICATION_FACTOR"]
        )


def test_every_job_knows_the_scale():
    """So topics are made with three copies, and wait for their brokers; the journey page shows all nodes."""
    for name in ("secrets", "migrations", "topics", "connectors", "watch", "collector"):
        assert MORE["x-scaled"] == MORE["services"][name]["environment"]
    assert {"kafka-2", "kafka-3"} == set(MORE["services"]["topics"]["depends_on"])


def test_brokers_have_data_of_their_own():
    """One volume each."""
    volumes = [(MORE["services"][name]["volumes"], name) for name in ("kafka-2", "kafka-3")]

    assert all(mounted == [f"{name}:/var/lib/kafka/data"] for mounted, name in volumes)
    assert {"kafka-2", "kafka-3"} == set(MORE["volumes"])
