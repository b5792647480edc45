"""A stack has one runtime for as long as it has data, and is broken and watched where it runs."""

import pytest

from stack import runtimes
from stack.container_alarms import ContainerAlarms
from stack.container_site import ContainerSite
from stack.process_site import ProcessSite
from stack.table import TOPOLOGY
from veigo.stack.alarms import Alarms
from veigo.stack.containers import Containers
from veigo.stack.problem import StackError
from veigo.stack.processes import Processes
from veigo.stack.stack import Stack
from veigo.stack.toolchain import Toolchain


@pytest.fixture
def stack(tmp_path):
    return Stack(TOPOLOGY, Toolchain(tmp_path, ()), base=4000, name="box", home=tmp_path)


def kinds(stack):
    return [type(made(stack)) for made in (runtimes.runtime_of, runtimes.site_of, runtimes.alarms_of)]


def test_a_stack_is_one_of_processes_unless_containers_were_asked_for(stack):
    """From then on every command finds it in containers."""
    before = kinds(stack)

    runtimes.in_containers(stack)

    assert [Processes, ProcessSite, Alarms] == before
    assert [Containers, ContainerSite, ContainerAlarms] == kinds(stack)


def test_data_of_processes_are_not_run_in_containers(stack):
    """Passwords would not fit."""
    stack.data("postgres")

    with pytest.raises(StackError, match="stack box is one of processes; choose another --name, or delete it"):
        runtimes.in_containers(stack)
