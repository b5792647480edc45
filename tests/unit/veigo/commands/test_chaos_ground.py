"""A stack in containers is stood on as it is, or not at all."""

import pytest

from stack.containers import CLUSTER
from stack.table import TOPOLOGY
from veigo.commands.chaos.ground import require
from veigo.plan import Stand
from veigo.stack.problem import StackError
from veigo.stack.scale import scaled
from veigo.stack.stack import Stack
from veigo.stack.toolchain import Toolchain


def stack(tmp_path, **scale):
    return Stack(scaled(TOPOLOGY, scale), Toolchain(tmp_path, ()), base=4000, name="box", home=tmp_path)


def test_a_cluster_will_do_for_three_brokers_and_for_one(tmp_path):
    """More of the services does no harm."""
    for scale in ({"kafka": 3}, {}):
        require(stack(tmp_path, **CLUSTER), Stand(scale, proxied=False, trials=()))


def test_one_broker_will_not_do_for_three(tmp_path):
    with pytest.raises(
        StackError, match="stack box has fewer than 3 of kafka; `veigo up --containers --overlay cluster"
    ):
        require(stack(tmp_path), Stand({"kafka": 3}, proxied=False, trials=()))


def test_nothing_stands_in_the_edges_of_containers(tmp_path):
    with pytest.raises(StackError, match="no proxies stand in the edges"):
        require(stack(tmp_path), Stand({}, proxied=True, trials=()))
