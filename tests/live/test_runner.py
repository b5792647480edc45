"""Up, down and everything that goes wrong in between, as a user of the command line meets it.

Each test has a stack of its own, of PostgreSQL and OPA only: what is proven here is the runner, not its nodes.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

WITHIN_S = 600  # from nothing OPA is built first; warm each of these takes seconds
PART = "postgres,opa"


class Veigo:
    """The command line, always on one stack."""

    def __init__(self, name):
        self.name = name

    def __call__(self, command, *arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", "veigo", command, "--name", self.name, *arguments],
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
            env=os.environ | environment,
        )

    def up(self, *arguments, **environment):
        return self("up", "--only", PART, *arguments, **environment)

    def status(self):
        return json.loads(self("status", "--json").stdout)

    def pids(self):
        return {node["name"]: node["pid"] for node in self.status()["nodes"]}


def until(condition, why, within_s=20):
    """Wait for a condition; it is asked often, and fails with its reason."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s} s: {why}"
        time.sleep(0.05)


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.fixture
def veigo(request):
    """A stack that is gone when the test is over, whatever the test did to it."""
    digest = f"{abs(hash(request.node.name)) % 10**6:06d}"
    veigo = Veigo(f"runner-{digest}")
    yield veigo
    veigo("down", "--purge")


def test_up_then_up_again_then_down_and_up_with_its_data(veigo):
    """The second up changes nothing; data, secrets and ports survive a down."""
    first = veigo.up()
    before = veigo.status()
    second = veigo.up()
    after = veigo.status()

    assert 0 == first.returncode, first.stdout + first.stderr
    assert 0 == second.returncode
    assert "is up already" in second.stdout
    assert [(n["name"], n["pid"]) for n in before["nodes"]] == [(n["name"], n["pid"]) for n in after["nodes"]]

    assert 0 == veigo("down").returncode
    assert 0 == veigo.up().returncode
    assert {n["address"] for n in before["nodes"]} == {n["address"] for n in veigo.status()["nodes"]}


def test_status_tells_what_a_script_needs(veigo):
    veigo.up()

    told = veigo.status()

    assert "ready" == told["state"]
    assert {"postgres", "opa"} == {node["name"] for node in told["nodes"]}
    for node in told["nodes"]:
        host, port = node["address"].split(":")
        assert ("ready", "127.0.0.1") == (node["state"], host)
        assert 10_000 <= int(port) < 30_000
        assert alive(node["pid"])
        assert node["memory_mb"] > 1
        assert node["since"].endswith("Z")
    assert told["memory_mb"] >= sum(node["memory_mb"] for node in told["nodes"])


def test_status_of_a_stack_that_never_was_is_exit_3_and_makes_nothing(veigo):
    assert 3 == veigo("status").returncode
    assert "there is no stack" in veigo("down").stdout


def test_a_killed_runner_leaves_no_orphans_and_the_next_up_recovers(veigo):
    veigo.up()
    told = veigo.status()
    children = [node["pid"] for node in told["nodes"]]
    family = {child.pid for pid in children for child in psutil.Process(pid).children(recursive=True)} | set(children)

    os.kill(told["runner_pid"], signal.SIGKILL)

    until(lambda: not any(map(alive, family)), "every node ends with its runner")
    assert "failed" == veigo.status()["state"]
    assert 3 == veigo("status").returncode
    recovered = veigo.up()
    assert 0 == recovered.returncode, recovered.stdout + recovered.stderr
    assert not set(children) & set(veigo.pids().values())


def test_a_node_that_dies_is_reported_and_the_next_up_brings_it_back(veigo):
    veigo.up()
    before = veigo.pids()

    os.kill(before["opa"], signal.SIGKILL)

    until(lambda: veigo.status()["state"] == "degraded", "the runner notices that opa died")
    assert 4 == veigo("status").returncode
    assert 0 == veigo.up().returncode
    after = veigo.pids()
    assert before["postgres"] == after["postgres"]
    assert before["opa"] != after["opa"]


def test_a_busy_port_is_named_with_who_holds_it_and_nothing_is_left_running(veigo):
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        refused = veigo.up("--port-base", str(port - 900))

    assert 1 == refused.returncode
    assert f"port {port}, which opa needs, is taken by" in refused.stderr
    assert f"(pid {os.getpid()})" in refused.stderr
    assert 3 == veigo("status").returncode


def test_a_missing_tool_is_one_sentence_with_the_command_that_installs_it(veigo, tmp_path):
    refused = veigo.up(PATH=str(tmp_path))

    assert 1 == refused.returncode
    assert "java: missing" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_old_java_is_refused(veigo, tmp_path):
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.22\" 2024-01-16' >&2\n")
    java.chmod(0o755)

    refused = veigo.up(PATH=f"{tmp_path}:{os.environ['PATH']}")

    assert 1 == refused.returncode
    assert "java: 11.0.22 is too old (needs 17 or newer)" in refused.stderr


def test_a_node_that_dies_at_its_start_is_reported_with_its_last_words(veigo):
    """A data folder of another PostgreSQL ends the server at once."""
    veigo.up()
    version = next(path for path in data_folders(veigo) if (path / "PG_VERSION").exists()) / "PG_VERSION"
    veigo("down")
    version.write_text("9\n")

    failed = veigo.up()

    assert 1 == failed.returncode
    assert "postgres exited with code 1 before it was ready" in failed.stderr
    assert "incompatible with server" in failed.stderr
    assert 3 == veigo("status").returncode


def data_folders(veigo):
    from stack.postgres_home import Home
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.stack.stack import Stack

    return [Home.of(Stack.existing(TOPOLOGY, toolchain(), veigo.name)).data]


def test_two_ups_at_once_start_one_stack(veigo):
    command = [sys.executable, "-m", "veigo", "up", "--name", veigo.name, "--only", PART]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=WITHIN_S)[0] for process in both]

    assert [0, 0] == [process.returncode for process in both]
    assert 1 == sum("is up already" in text for text in said)


def test_an_interrupted_up_leaves_nothing_running(veigo):
    """Ctrl-C while it starts: what had been started is stopped."""
    # Whoever runs the tests in the background ignores SIGINT, and so would their children.
    hearing = "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    as_veigo = hearing + "runpy.run_module('veigo', run_name='__main__', alter_sys=True)"
    command = [sys.executable, "-c", as_veigo, "up", "--name", veigo.name, "--only", "kafka"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    while "kafka" not in process.stdout.readline():
        assert process.poll() is None

    process.send_signal(signal.SIGINT)
    process.communicate(timeout=WITHIN_S)

    assert 130 == process.returncode
    assert 3 == veigo("status").returncode


def test_logs_show_a_nodes_own_words(veigo):
    veigo.up()

    assert "started" in veigo("logs", "postgres").stdout
    unknown = veigo("logs", "redis")
    assert 1 == unknown.returncode
    assert "it has" in unknown.stderr
