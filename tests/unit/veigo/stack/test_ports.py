"""Every stack gets a block of ports of its own and keeps it."""

import os
import socket

import pytest

from veigo.stack.node import Launch, Node, nothing
from veigo.stack.ports import first_free_base, is_port_free, ports_of, require_free, settle_base
from veigo.stack.problem import StackError
from veigo.stack.topology import Topology

TABLE = Topology(
    (Node("kafka", "", 600, lambda stack: Launch(("true",)), nothing, more_offsets=(601,)),),
    (),
    (),
)


def test_ports_count_from_the_base():
    assert {10600: "kafka", 10601: "kafka"} == ports_of(TABLE, 10000)


def test_the_first_block_nobody_keeps_is_given():
    assert 12000 == first_free_base([10000, 11000], lambda base: True)


def test_a_block_that_overlaps_a_kept_one_is_passed_over():
    """With --port-base a stack may begin anywhere, so it can reach into two blocks."""
    assert 12000 == first_free_base([10500], lambda base: True)


def test_a_block_in_which_somebody_listens_is_passed_over():
    assert 11000 == first_free_base([], lambda base: base != 10000)


def test_running_out_of_blocks_says_what_to_do():
    with pytest.raises(StackError, match=r"no free block .* --purge"):
        first_free_base([], lambda base: False)


def test_the_default_stack_begins_where_people_expect_it(tmp_path):
    assert 4000 == settle_base(tmp_path / "default", "default", TABLE, None)


def test_a_stack_keeps_its_ports(tmp_path):
    first = settle_base(tmp_path / "mine", "mine", TABLE, 20000)

    assert first == settle_base(tmp_path / "mine", "mine", TABLE, None)


def test_two_named_stacks_get_different_ports(tmp_path):
    bases = {settle_base(tmp_path / name, name, TABLE, None) for name in ("one", "two", "three")}

    assert 3 == len(bases)


@pytest.mark.parametrize("base", [80, 65000])
def test_a_base_without_room_is_refused(tmp_path, base):
    with pytest.raises(StackError, match="leaves no room"):
        settle_base(tmp_path / "mine", "mine", TABLE, base)


def test_a_taken_port_is_named_with_its_owner_to_be_and_its_holder():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        assert not is_port_free(port)
        with pytest.raises(StackError, match=rf"port {port}, which kafka needs, is taken by \S+ \(pid {os.getpid()}\)"):
            require_free({port: "kafka"})
