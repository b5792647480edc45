"""A stack has one runtime for as long as it has data, and is broken and watched where it runs."""

import pytest

from stack import runtimes
from stack.container_alarms import ContainerAlarms
from stack.container_site import ContainerSite
from stack.containers import composition
from stack.process_site import ProcessSite
from stack.table import TOPOLOGY
from veigo.stack.alarms import Alarms
from veigo.stack.containers import Containers
from veigo.stack.problem import StackError
from veigo.stack.processes import Processes
from veigo.stack.project import Kept, keep
from veigo.stack.stack import Stack
from veigo.stack.toolchain import Toolchain


@pytest.fixture
def stack(tmp_path):
    return Stack(TOPOLOGY, Toolchain(tmp_path, ()), base=4000, name="box", home=tmp_path)


def kinds(stack):
    return [type(made(stack)) for made in (runtimes.runtime_of, runtimes.site_of, runtimes.alarms_of)]


def kept_as(stack, *overlays, attached=False):
    """Remember the stack as one that was started in containers."""
    files = [str(file) for file in composition(overlays).files]
    keep(stack.folder, Kept("veigo-box", files, attached=attached))


def test_a_stack_that_was_started_in_containers_is_found_there(stack):
    """By every command; any other is one of processes."""
    before = kinds(stack)

    kept_as(stack)

    assert [Processes, ProcessSite, Alarms] == before
    assert [Containers, ContainerSite, ContainerAlarms] == kinds(stack)


def test_containers_that_were_refused_leave_it_one_of_processes(stack):
    """Who has no engine is told to run processes, and then can."""
    runtimes.in_containers(stack)

    assert [Processes, ProcessSite, Alarms] == kinds(stack)


@pytest.mark.parametrize(("before", "after"), [((), ("cluster",)), (("cluster", "observability"), ())])
def test_a_cluster_and_a_single_broker_are_not_made_of_each_other(stack, before, after):
    """What a broker has on disk says who the others are."""
    kept_as(stack, *before)

    with pytest.raises(StackError, match=r"stack box is (a|no) cluster; choose another --name, or delete it"):
        runtimes.in_containers(stack, after)


def test_dashboards_may_be_added_to_it(stack):
    kept_as(stack)

    assert isinstance(runtimes.in_containers(stack, ("observability",)), Containers)


def test_somebody_elses_project_is_not_started_as_our_own(stack):
    kept_as(stack, attached=True)

    with pytest.raises(StackError, match="stack box is somebody else's project"):
        runtimes.in_containers(stack)


def test_data_of_processes_are_not_run_in_containers(stack):
    """Passwords would not fit."""
    stack.data("postgres")

    with pytest.raises(StackError, match="stack box is one of processes; choose another --name, or delete it"):
        runtimes.in_containers(stack)
