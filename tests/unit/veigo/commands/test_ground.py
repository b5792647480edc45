"""The stack under a stand: somebody else's is taken as it is, or not at all."""

import pytest

from stack.containers import CLUSTER
from veigo.commands.chaos.ground import Ground
from veigo.plan import Stand
from veigo.stack.problem import StackError
from veigo.stack.project import Kept, keep
from veigo.stack.scale import keep_scale, kept_proxied, kept_scale


@pytest.fixture
def containers(tmp_path, monkeypatch):
    """The folder of a stack in containers that has three brokers."""
    monkeypatch.setenv("VEIGO_HOME", str(tmp_path))
    folder = tmp_path / "stacks" / "mine"
    keep(folder, Kept("veigo-mine", []))
    keep_scale(folder, {"kafka": 3})
    (folder / "ports.json").write_text('{"base": 20000}')
    return folder


@pytest.mark.parametrize(
    ("stand", "why"),
    [
        (Stand({}, True, ()), "no proxies stand in the edges"),
        (Stand({"kafka": 3}, True, ()), "no proxies stand in the edges"),
        (Stand({"chat": 2}, False, ()), "stack mine has fewer than 2 of chat"),
    ],
)
def test_containers_that_are_not_arranged_as_a_stand_asks_for_are_refused_and_left_alone(containers, stand, why):
    with pytest.raises(StackError, match=why):
        Ground("mine", stand)

    assert {"kafka": 3} == kept_scale(containers)
    assert not kept_proxied(containers)


def test_one_broker_will_not_do_for_three(containers):
    keep_scale(containers, {})
    with pytest.raises(
        StackError, match="stack mine has fewer than 3 of kafka; `veigo up --containers --overlay cluster"
    ):
        Ground("mine", Stand({"kafka": 3}, False, ()))


@pytest.mark.parametrize("has", [{"kafka": 3}, CLUSTER], ids=["three brokers", "the cluster's overlay"])
@pytest.mark.parametrize("scale", [{}, {"kafka": 3}])
def test_containers_that_have_as_many_are_taken(containers, scale, has):
    """More of a service does no harm."""
    keep_scale(containers, has)
    ground = Ground("mine", Stand(scale, False, ()))

    assert ["kafka", "kafka-2", "kafka-3"] == [node.name for node in ground.stack.topology.replicas("kafka")]
