"""Every command that works on processes works on containers."""

import json
import subprocess
import time

import pytest

from live.conftest import veigo
from stack.table import NODES, TOPOLOGY
from stack.tools import toolchain
from veigo.stack.project import Project, kept
from veigo.stack.stack import Stack


@pytest.fixture(scope="module")
def project(stack):
    return kept(Stack.existing(TOPOLOGY, toolchain(), stack.name).folder).project


def done(*arguments, within_s=60.0):
    """Run a command that must succeed, and return what it printed."""
    ran = veigo(*arguments, within_s=within_s)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def until_ready(name, within_s=60):
    """Wait for Docker to have asked everybody: who did without the node meanwhile is asked every few seconds only."""
    deadline = time.monotonic() + within_s
    while (told := veigo("status", "--name", name)).returncode != 0:
        assert time.monotonic() < deadline, f"not within {within_s} s:\n{told.stdout}"
        time.sleep(0.5)


def test_status_shows_every_node(stack):
    nodes = json.loads(done("status", "--name", stack.name, "--json"))["nodes"]

    assert {node.name for node in NODES} == {node["name"] for node in nodes if node["state"] == "ready"}
    assert all(node["memory_mb"] > 0 for node in nodes)


def test_logs_are_what_the_container_said(stack, project):
    command = ["docker", "logs", f"{project}-kafka-1"]
    said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True).stdout

    assert said
    assert said.splitlines()[0] in done("logs", "kafka", "--name", stack.name, "-n", "100000")


def test_up_again_does_nothing(stack):
    assert "is up already" in done("up", "--name", stack.name)


def test_a_node_stops_and_starts(stack):
    """As `docker compose` would show it too."""
    done("stop", "aggregator", "--name", stack.name)
    stopped = veigo("status", "--name", stack.name, "--json")
    done("start", "aggregator", "--name", stack.name, within_s=120)

    states = {node["name"]: node["state"] for node in json.loads(stopped.stdout)["nodes"]}
    assert (4, "stopped") == (stopped.returncode, states["aggregator"])
    until_ready(stack.name)


def test_up_brings_back_what_is_down_and_leaves_the_rest(stack, project):
    """The same containers as before, whatever has become of the sources meanwhile."""

    def ids():
        return {name: one["Id"] for name, one in Project.look(project).containers.items() if name != "doors"}

    before = ids()
    done("stop", "opa", "--name", stack.name)
    done("up", "--name", stack.name, within_s=240)

    assert before == ids()
    until_ready(stack.name)


def test_the_demo_holds(stack, tmp_path):
    """On containers as on processes: same people, same judges."""
    said = done("demo", "--name", stack.name, "--seconds", "10", "--into", str(tmp_path), within_s=240)

    assert "HOLDS" in said


def test_kafka_and_debezium_are_killed_and_nothing_is_lost(stack, tmp_path):
    """The two experiments that say most about change capture."""
    experiments = ("kafka_killed_under_load", "debezium_killed_under_load")
    said = done(
        "chaos", "run", *experiments, "--name", stack.name, "--seed", "1", "--into", str(tmp_path), within_s=480
    )

    (card,) = tmp_path.glob("*/card.json")
    trials = json.loads(card.read_text())["trials"]
    assert {*experiments} <= {trial["name"] for trial in trials}, said
    assert {"holds"} == {trial["verdict"] for trial in trials}
