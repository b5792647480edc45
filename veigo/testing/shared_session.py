"""What one pytest session has running, shared by all its processes through a folder.

Whoever is first to want something starts it while the others wait for the lock, and writes down what it became:
``postgres.json`` holds where it answers and which commands end it, or why it did not start. Everything is started by
commands of their own processes, so nothing depends on which worker was first, or on how long that one lives.
"""

import fcntl
import json
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from veigo.testing.running import RunningPart, RunningStack

VEIGO = (sys.executable, "-m", "veigo")
UP_WITHIN_S = 1_800.0  # from nothing: tools are compiled, images are built; otherwise it takes seconds
ASK_WITHIN_S = 60.0
DOWN_WITHIN_S = 120.0


class Started(msgspec.Struct):
    """What became of something that was asked for."""

    addresses: dict[str, str] = {}
    url: str = ""
    failed: str = ""
    ends: list[list[str]] = []


class SharedSession:
    """One pytest session; every process of it makes its own of these."""

    def __init__(self, folder: Path, runtime: str, existing: str | None) -> None:
        self._folder = folder
        self._runtime = runtime
        self._existing = existing

    def stack(self) -> RunningStack:
        """The stack, started if nobody has yet; a test that asks for one that cannot be had fails."""
        if self._existing is not None:
            return RunningStack(self._existing, _addresses(self._existing))
        name = self._name()
        options = ["--containers"] if self._runtime == "containers" else []
        started = self._once("stack", lambda: _up(name, *options))
        return RunningStack(name, started.addresses)

    def part(self, part: str) -> RunningPart:
        """One part of the stack, by itself."""
        name = f"{self._name()}-{part}"
        if self._runtime == "containers":
            started = self._once(part, lambda: _started_by("veigo.testing.parts", part, name))
        else:
            started = self._once(part, lambda: _alone(name, part))
        return RunningPart(part, started.addresses[part], started.url)

    def close(self) -> None:
        """End everything that was started, whoever started it."""
        for file in self._folder.glob("*.json"):
            for command in msgspec.json.decode(file.read_bytes(), type=Started).ends:
                with suppress(subprocess.TimeoutExpired):
                    subprocess.run(command, capture_output=True, timeout=DOWN_WITHIN_S, check=False)  # noqa: S603 - ours
        shutil.rmtree(self._folder, ignore_errors=True)

    def _name(self) -> str:
        """What this session's stacks are called: told apart from those of sessions beside it."""
        with (self._folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            file = self._folder / "name"
            if not file.exists():
                file.write_text(f"pytest-{secrets.token_hex(3)}")
            return file.read_text()

    def _once(self, what: str, start: Callable[[], Started]) -> Started:
        """Start it unless that was done before; the bound is that of the start itself."""
        file = self._folder / f"{what}.json"
        with (self._folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not file.exists():
                file.write_bytes(msgspec.json.encode(start()))
            started = msgspec.json.decode(file.read_bytes(), type=Started)
        if started.failed:
            pytest.fail(f"{what} did not come up: {started.failed}", pytrace=False)
        return started


def _up(name: str, *options: str) -> Started:
    """Start a stack; what it said ends with the last lines of whatever did not come up."""
    ends = [[*VEIGO, "down", "--name", name, "--purge"]]
    try:
        done = _run([*VEIGO, "up", "--name", name, *options], UP_WITHIN_S)
    except subprocess.TimeoutExpired:
        return Started(failed=f"not within {UP_WITHIN_S:g} s", ends=ends)
    if done.returncode != 0:
        return Started(failed=done.stderr.strip() or done.stdout.strip(), ends=ends)
    return Started(addresses=_addresses(name), ends=ends)


def _alone(name: str, part: str) -> Started:
    """One node as a process, with what it cannot be without."""
    started = _up(name, "--only", part)
    started.url = "" if started.failed else _url_of(name, part, started.addresses[part])
    return started


def _started_by(module: str, *arguments: str) -> Started:
    """Have another process start something; it prints a `Started`."""
    try:
        done = _run([sys.executable, "-m", module, *arguments], UP_WITHIN_S)
    except subprocess.TimeoutExpired:
        return Started(failed=f"not within {UP_WITHIN_S:g} s")
    if done.returncode != 0:
        return Started(failed=done.stderr.strip())
    return msgspec.json.decode(done.stdout, type=Started)


def _addresses(name: str) -> dict[str, str]:
    """Where the nodes of a running stack are."""
    done = _run([*VEIGO, "status", "--name", name, "--json"], ASK_WITHIN_S)
    told: dict[str, Any] = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    addresses = {node["name"]: node["address"] for node in told.get("nodes", []) if node["state"] == "ready"}
    if not addresses:
        pytest.fail(f"stack {name} does not run; `veigo up --name {name}` starts it {done.stderr}", pytrace=False)
    return addresses


def _url_of(name: str, part: str, address: str) -> str:
    """A part's URL as its clients want it; PostgreSQL's needs the stack's password."""
    from stack import postgres
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.stack.stack import Stack

    if part == "postgres" and (stack := Stack.existing(TOPOLOGY, toolchain(), name)) is not None:
        return postgres.dsn(stack, postgres.SUPERUSER, "postgres")
    return {"kafka": address, "mongo": f"mongodb://{address}"}.get(part, f"http://{address}")


def _run(command: list[str], within_s: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=within_s, check=False)  # noqa: S603 - ours
