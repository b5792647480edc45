"""Containers, as the engine shows them, become the record that processes have."""

import pytest

from veigo.stack.problem import StackError
from veigo.stack.project import Kept, Project, keep, kept, record_of
from veigo.stack.state import NodeState, StackState

BEGAN, ENDED = "2026-11-25T21:00:00.123456789Z", "2026-11-25T22:00:00Z"


def container(status, *, code=0, health=None, said="", ports=None):
    running = status in ("running", "paused", "restarting")
    state = {"Status": status, "Running": running, "ExitCode": code, "StartedAt": BEGAN, "FinishedAt": ENDED}
    if health:
        state["Health"] = {"Status": health, "Log": [{"Output": said}]}
    return {"Name": "/veigo-chat-1", "State": state, "NetworkSettings": {"Ports": ports}}


@pytest.mark.parametrize(
    ("told", "state", "detail"),
    [
        (container("running", health="healthy"), NodeState.READY, ""),
        (container("running"), NodeState.READY, ""),
        (container("running", health="starting"), NodeState.STARTING, ""),
        (container("running", health="unhealthy", said="a\nrefused\n"), NodeState.STARTING, "unhealthy: refused"),
        (container("paused", health="healthy"), NodeState.STARTING, "paused"),
        (
            container("restarting", code=3),
            NodeState.STARTING,
            "exited with code 3, and is started again and again",
        ),
        (container("created"), NodeState.WAITING, ""),
        (container("exited"), NodeState.STOPPED, ""),
        (container("exited", code=137), NodeState.DEAD, "exited with code 137"),
        (None, NodeState.STOPPED, ""),
    ],
)
def test_a_container_is_in_the_state_a_process_would_be_in(told, state, detail):
    record = record_of(told, "127.0.0.1:4200")

    assert (state, detail, "127.0.0.1:4200") == (record.state, record.detail, record.address)


def test_a_job_is_done_when_it_has_ended_well():
    """While it runs it is not."""
    states = [record_of(container(status), "", job=True).state for status in ("running", "exited")]

    assert [NodeState.STARTING, NodeState.READY] == states


@pytest.mark.parametrize(
    ("chat", "state"),
    [
        (container("running", health="healthy"), StackState.READY),
        (container("running", health="starting"), StackState.STARTING),
        (container("exited", code=1), StackState.DEGRADED),
    ],
)
def test_a_stack_is_as_well_as_its_nodes(chat, state):
    project = Project("veigo", {"chat": chat, "opa": container("running")})

    assert state is project.record("default", 4000, {"chat": "", "opa": ""}, []).state


def test_a_stack_without_containers_is_stopped():
    assert StackState.STOPPED is Project("veigo").record("default", 4000, {"chat": ""}, []).state


def test_where_a_service_is_published():
    """The first port of this machine; one that is not published is told."""
    project = Project(
        "veigo",
        {
            "gateway": container("running", ports={"4000/tcp": [{"HostIp": "0.0.0.0", "HostPort": "5000"}]}),
            "chat": container("running", ports={"4200/tcp": None}),
        },
    )

    assert 5000 == project.published("gateway")
    with pytest.raises(StackError, match="publishes no port of chat"):
        project.published("chat")
    with pytest.raises(StackError, match="no container of 'mongo'; it has gateway, chat"):
        project.published("mongo")


def test_a_stack_remembers_its_project(tmp_path):
    """And a damaged memory is told, not guessed at."""
    assert kept(tmp_path) is None

    keep(tmp_path, Kept("veigo-box", ["compose.yaml"]))

    assert Kept("veigo-box", ["compose.yaml"]) == kept(tmp_path)
    (tmp_path / "project.json").write_text("{")
    with pytest.raises(StackError, match="is damaged"):
        kept(tmp_path)
