"""A proxied stack: a proxy stands in every dialled edge, and a stack that did not ask for it has no trace of one."""

import pytest

from stack import kafka, toxiproxy
from stack.table import EDGES, TOPOLOGY
from stack.tools import toolchain
from veigo.stack.ports import ports_of
from veigo.stack.scale import scaled
from veigo.stack.stack import Stack
from veigo.stack.topology import TableError, Topology

DIALLED = [edge for edge in EDGES if edge.dialled]


def stack_of(topology, home):
    return Stack(topology=topology, toolchain=toolchain(), base=4000, name="default", home=home)


@pytest.fixture
def proxied(tmp_path):
    return stack_of(TOPOLOGY.with_proxy(), tmp_path)


@pytest.fixture
def direct(tmp_path):
    return stack_of(TOPOLOGY, tmp_path)


@pytest.mark.parametrize("edge", DIALLED, ids=lambda edge: f"{edge.source}-{edge.target}")
def test_every_dialled_edge_goes_through_a_proxy_of_its_own(proxied, direct, edge):
    """The source is told the proxy's address, and the proxy leads to where the source went without it."""
    proxies = {proxy["name"]: proxy for proxy in toxiproxy.configuration(proxied)}
    proxy = proxies[toxiproxy.proxy_name(edge.source, edge.target)]

    assert proxy["listen"] == proxied.reach(edge.source, edge.target)
    assert proxy["listen"] != direct.reach(edge.source, edge.target)
    if edge.via != "kafka":
        assert proxy["upstream"] == direct.reach(edge.source, edge.target)


def test_no_two_edges_share_a_proxy(proxied):
    listens = [proxy["listen"] for proxy in toxiproxy.configuration(proxied)]

    assert len(DIALLED) == len(listens) == len(set(listens))


def test_a_broker_tells_each_kind_of_client_to_come_through_its_own_proxy(proxied):
    """Clients go to the address a broker advertises, not to the one they asked."""
    settings = kafka.settings(proxied)
    listens = dict(each.split("://") for each in settings["listeners"].split(","))
    told = dict(each.split("://") for each in settings["advertised.listeners"].split(","))
    upstreams = {proxy["listen"]: proxy["upstream"] for proxy in toxiproxy.configuration(proxied)}

    for source in ("connect", "realtime", "aggregator"):
        assert proxied.reach(source, "kafka") == told[source.upper()]
        assert listens[source.upper()] == upstreams[told[source.upper()]]


def test_the_table_without_proxies_is_what_it_was(direct):
    assert "toxiproxy" not in {node.name for node in TOPOLOGY.nodes}
    assert "127.0.0.1:4450" == direct.reach("gateway", "aggregator")
    assert "PLAINTEXT://127.0.0.1:4600" == kafka.settings(direct)["advertised.listeners"]


def test_the_largest_stack_there_can_be_has_a_port_for_every_proxy():
    """The table refuses two owners of one port, so it is enough that it can be made."""
    most = {node.name: 9 for node in TOPOLOGY.nodes if node.replica is not None}
    topology = scaled(TOPOLOGY, most).with_proxy()

    assert len(ports_of(topology, 4000)) > len(ports_of(scaled(TOPOLOGY, most), 4000))
    assert not {port for port, owner in ports_of(topology, 4000).items() if 4650 <= port < 4700}


def test_the_proxy_starts_before_whoever_dials_and_stops_after_them(proxied):
    users = proxied.topology.users("toxiproxy")

    assert {edge.source for edge in DIALLED} == users
    assert all("toxiproxy" in proxied.topology.node(name).after for name in users)


def test_a_table_without_a_proxy_says_so():
    with pytest.raises(TableError, match="no proxy"):
        Topology((), (), ()).with_proxy()
