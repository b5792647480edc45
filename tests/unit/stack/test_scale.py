"""A table with several of a node: names, ports and edges follow, and what cannot be is refused in a sentence."""

import pytest

from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.stack.problem import StackError
from veigo.stack.scale import read_scale, scaled
from veigo.stack.stack import Stack

SCALE = {"gateway": 2, "realtime": 3, "chat": 2, "authentication": 2, "aggregator": 2}


@pytest.fixture
def stack(tmp_path):
    return Stack(topology=scaled(TOPOLOGY, SCALE), toolchain=toolchain(), base=4000, name="default", home=tmp_path)


@pytest.mark.parametrize(
    "words", [["gateway=2", "realtime=3"], ["gateway=2,realtime=3"], ["gateway=2 realtime=3"]], ids=repr
)
def test_a_scale_is_read_however_its_words_are_put(words):
    """With spaces, as it is typed, or with commas."""
    assert {"gateway": 2, "realtime": 3} == read_scale(words, TOPOLOGY)


@pytest.mark.parametrize("word", ["chat", "chat=", "chat=two", "chat=-1", "chat=0", "chat=10", "mongo=3", "nobody=2"])
def test_a_scale_that_cannot_be_is_refused(word):
    """In one sentence that says what can."""
    with pytest.raises(StackError, match=r"--scale"):
        read_scale([word], TOPOLOGY)


def test_replicas_stand_behind_the_first_of_their_kind():
    """Under its name and a number, at the ports after its own."""
    nodes = {node.name: node for node in scaled(TOPOLOGY, SCALE).nodes}

    assert len(TOPOLOGY.nodes) + 6 == len(nodes)
    assert [300, 301, 302] == [nodes[name].offset for name in ("realtime", "realtime-2", "realtime-3")]
    assert (401, (451,)) == (nodes["aggregator-2"].offset, nodes["aggregator-2"].more_offsets)


def test_whoever_calls_a_service_is_told_all_of_it(stack):
    """The addresses with commas between; what there is one of stays one."""
    assert "127.0.0.1:4200,127.0.0.1:4201" == stack.reach("gateway-2", "chat")
    assert "127.0.0.1:4500" == stack.reach("chat-2", "postgres")


def test_a_replica_is_started_at_its_own_ports(stack):
    """And told the same addresses as the first."""
    launches = [stack.topology.node(name).launch(stack) for name in ("aggregator", "aggregator-2")]
    own = ("LISTEN_PORT", "GRPC_PORT", "OTEL_RESOURCE_ATTRIBUTES")
    ports = [(launch.environment["LISTEN_PORT"], launch.environment["GRPC_PORT"]) for launch in launches]
    shared = [{name: value for name, value in launch.environment.items() if name not in own} for launch in launches]

    assert [("4400", "4450"), ("4401", "4451")] == ports
    assert shared[0] == shared[1]
    assert launches[0].arguments == launches[1].arguments


def test_whoever_uses_a_replica_is_stopped_before_it(stack):
    """Every gateway before every chat."""
    assert {"gateway", "gateway-2"} <= stack.topology.users("chat-2")


def test_one_of_each_is_the_table_itself():
    """Nothing was asked for."""
    assert scaled(TOPOLOGY, {}) is TOPOLOGY
