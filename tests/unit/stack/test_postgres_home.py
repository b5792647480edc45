"""Root gives PostgreSQL an account that can get at its files, wherever the repository lies."""

import os

import pytest

from stack.postgres_home import Home, traversable_by_others
from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.stack.stack import Stack

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives an account away")


@pytest.fixture
def stack(tmp_path):
    return Stack(topology=TOPOLOGY, toolchain=toolchain(), base=10000, name="mine", home=tmp_path / "home")


def test_a_folder_nobody_may_enter_hides_what_is_below(tmp_path):
    private = tmp_path / "private"
    (private / "inside").mkdir(parents=True)
    private.chmod(0o700)

    assert not traversable_by_others(private / "inside")


@as_root
def test_below_a_private_folder_postgres_gets_a_refuge_elsewhere(stack, tmp_path):
    tmp_path.chmod(0o700)

    home = Home.of(stack)

    assert home.refuge is not None
    assert home.data.is_relative_to(home.refuge)
    assert not home.data.is_relative_to(tmp_path)


@as_root
def test_two_repositories_do_not_share_a_refuge(stack, tmp_path):
    tmp_path.chmod(0o700)
    other = Stack(topology=TOPOLOGY, toolchain=toolchain(), base=10000, name="mine", home=tmp_path / "other")

    assert Home.of(stack).refuge != Home.of(other).refuge


@pytest.mark.skipif(os.geteuid() == 0, reason="root is the other case")
def test_who_is_not_root_runs_postgres_as_themselves_in_place(stack):
    home = Home.of(stack)

    assert (None, None) == (home.account, home.refuge)
    assert home.data.is_relative_to(stack.folder)
