"""What stands in the way is told in one sentence, with the last lines of whoever did not get well; nothing is left."""

import os
import socket
import subprocess
import sys

import pytest

from live.conftest import veigo
from stack.containers import composition
from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.stack import engine
from veigo.stack.containers import Containers
from veigo.stack.problem import StackError
from veigo.stack.project import Kept, Project
from veigo.stack.stack import Stack

NAME = "crooked"
PROJECT = f"veigo-{NAME}"


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    assert {} == Project.look(PROJECT).containers
    veigo("down", "--name", NAME, "--purge")


async def start(tmp_path, overlay, *only):
    """Start a stack whose compose file somebody has spoilt."""
    spoilt = tmp_path / "spoilt.yaml"
    spoilt.write_text(overlay)
    stack = Stack.open(TOPOLOGY, toolchain(), name=NAME)
    whole = composition()
    files = [str(file) for file in (*whole.files, spoilt)]
    await Containers(stack, Kept(PROJECT, files), whole).bring_up(lambda _: None, only)


async def test_a_health_check_that_never_passes(tmp_path):
    overlay = 'services: {kafka: {healthcheck: {test: [CMD, "false"], interval: 1s, timeout: 1s, retries: 20}}}'

    with pytest.raises(StackError, match=r"^kafka unhealthy.*; its last lines:\n  \S") as told:
        await start(tmp_path, overlay, "kafka")

    assert 21 >= len(str(told.value).splitlines())


async def test_a_node_that_does_not_start(tmp_path):
    overlay = "services: {opa: {restart: 'no', command: [version, --no-such-option]}}"

    with pytest.raises(StackError, match=r"^opa exited with code \d+; its last lines:\n(.*\n)*.*no-such-option"):
        await start(tmp_path, overlay, "opa")


async def test_an_image_that_is_not_there(tmp_path):
    overlay = "services: {opa: {image: 'localhost:1/nobody/nothing:1.0', pull_policy: never}}"

    with pytest.raises(StackError, match=r"there is no image localhost:1/nobody/nothing:1\.0 here"):
        await start(tmp_path, overlay, "opa")


def test_a_port_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = veigo("up", "--containers", "--name", NAME, "--port-base", str(port), within_s=120)

    assert 1 == refused.returncode
    assert f"port {port}" in refused.stderr


@pytest.mark.parametrize(
    ("where", "sentence"),
    [("unix:///nonexistent.sock", "no Docker engine answers"), ("tcp://127.0.0.1:9", "no Docker engine answers")],
)
def test_no_engine(where, sentence):
    refused = subprocess.run(
        [sys.executable, "-m", "veigo", "up", "--containers", "--name", NAME],
        capture_output=True,
        text=True,
        env=os.environ | {"DOCKER_HOST": where},
        timeout=60,
        check=False,
    )

    assert 1 == refused.returncode
    assert sentence in refused.stderr


def test_no_permission(tmp_path):
    """The socket is there, and not for this account; root may do anything, so another account asks."""
    if os.geteuid() != 0:
        pytest.skip("only root can ask as somebody else")
    where = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
    if not os.path.exists(where):  # noqa: PTH110
        pytest.skip("this engine has no socket")
    asked = subprocess.run(
        ["docker", "--host", f"unix://{where}", "ps"],
        capture_output=True,
        text=True,
        user=65534,
        group=65534,
        extra_groups=[],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        check=False,
    )

    assert "may not use Docker's socket" in engine.sentence(asked.stderr)
