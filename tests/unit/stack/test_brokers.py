"""Several brokers: three copies, of which two count, and one broker as it always was."""

import pytest

from stack import connect, kafka
from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.stack.problem import StackError
from veigo.stack.scale import scaled
from veigo.stack.stack import Stack


def stack_of(count, home):
    return Stack(scaled(TOPOLOGY, {"kafka": count}), toolchain(), base=4000, name="default", home=home)


def test_three_brokers_keep_three_copies_of_which_two_count(tmp_path):
    stack = stack_of(3, tmp_path)
    settings = kafka.settings(stack, "kafka-2")

    assert "2" == settings["node.id"]
    assert "1@127.0.0.1:4601,2@127.0.0.1:4603,3@127.0.0.1:4605" == settings["controller.quorum.voters"]
    assert ("3", "2") == (settings["default.replication.factor"], settings["min.insync.replicas"])
    assert "3" == settings["offsets.topic.replication.factor"]
    assert "3" == connect.settings(stack)["offset.storage.replication.factor"]
    assert "127.0.0.1:4600,127.0.0.1:4602,127.0.0.1:4604" == stack.reach("realtime", "kafka")


def test_one_broker_keeps_one_copy(tmp_path):
    settings = kafka.settings(stack_of(1, tmp_path))

    assert "1" == settings["offsets.topic.replication.factor"]
    assert not {"default.replication.factor", "min.insync.replicas"} & settings.keys()
    assert "1@127.0.0.1:4601" == settings["controller.quorum.voters"]


async def test_a_cluster_does_not_change_its_number_of_brokers(tmp_path):
    """The copies it has were made for that number."""
    (kafka_log := stack_of(1, tmp_path).data("kafka") / "log").mkdir()
    (kafka_log / "meta.properties").touch()

    with pytest.raises(StackError, match="made of 1 brokers"):
        await kafka.prepare(stack_of(3, tmp_path), "kafka")


def test_a_cluster_id_that_begins_with_a_dash_is_no_option(tmp_path):
    """Of 64 names of stacks one has such an id."""
    stack = Stack(TOPOLOGY, toolchain(), base=4000, name="s-c2", home=tmp_path)

    assert kafka.cluster_id("s-c2").startswith("-")
    assert f"--cluster-id={kafka.cluster_id('s-c2')}" in kafka.format_command(stack, tmp_path / "server.properties")
