"""Before somebody else's project is looked into: how many of each node it has, and whether Kafka has a door."""

import pytest

from stack.containers import CLUSTER, require_doors, scale_in
from stack.table import TOPOLOGY
from veigo.stack.problem import StackError
from veigo.stack.project import Project
from veigo.stack.scale import scaled
from veigo.stack.stack import Stack
from veigo.stack.toolchain import Toolchain


def project(**doors):
    """A project of brokers, by what each tells clients outside; and of everything else."""
    names = {broker.replace("_", "-"): port for broker, port in doors.items()}
    env = "KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://{0}:9092,DOOR://localhost:{1}".format
    brokers = {name: {"Config": {"Env": ["A=B", env(name, port)]}} for name, port in names.items()}
    services = [kind for kind in CLUSTER if kind != "kafka"]
    return Project("theirs", brokers | {name: {} for kind in services for name in (kind, f"{kind}-2")})


def stack(found, tmp_path):
    return Stack(scaled(TOPOLOGY, scale_in(found)), Toolchain(tmp_path, ()), base=7000, home=tmp_path)


def test_a_cluster_is_seen_as_one():
    assert CLUSTER == scale_in(project(kafka=1, kafka_2=2, kafka_3=3))


def test_one_of_each_needs_no_scale():
    """The table's own then."""
    assert {} == scale_in(Project("theirs", {kind: {} for kind in CLUSTER}))


def test_brokers_that_name_our_doors_can_be_reached(tmp_path):
    found = project(kafka=7600, kafka_2=7602, kafka_3=7604)

    require_doors(stack(found, tmp_path), found)


def test_a_broker_that_names_another_is_told_with_what_to_start_it(tmp_path):
    """Also one whose port only begins like ours."""
    found = project(kafka=7600, kafka_2=4602, kafka_3=76040)

    with pytest.raises(StackError, match="start it with VEIGO_KAFKA_DOOR_2=7602 VEIGO_KAFKA_DOOR_3=7604"):
        require_doors(stack(found, tmp_path), found)
