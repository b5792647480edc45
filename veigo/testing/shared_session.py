"""What one pytest session has running, shared by all its processes through a folder.

Whoever is first to want something starts it while the others wait for the lock. Before that it writes down the command
that ends it (``postgres.end``), and then what it became (``postgres.json``): where it answers, or why it did not start.
Everything is started by commands of their own processes, so nothing depends on which worker was first, or on how long
that one lives. A session that is killed is ended by its `keeper`.
"""

import fcntl
import json
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

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
        started = self._once("stack", _down(name), lambda lock: _up(lock, name, *options))
        return RunningStack(name, started.addresses)

    def part(self, part: str) -> RunningPart:
        """One part of the stack, by itself."""
        name = f"{self._name()}-{part}"
        if self._runtime == "containers":
            command = [sys.executable, "-m", "veigo.testing.parts"]
            end = [*command, "end", name]
            started = self._once(part, end, lambda lock: _told_by(lock, [*command, part, name]))
        else:
            started = self._once(part, _down(name), lambda lock: _alone(lock, name, part))
        return RunningPart(part, started.addresses[part], started.url)

    def close(self) -> None:
        """End everything that was started, whoever started it."""
        for file in self._folder.glob("*.end"):
            with suppress(subprocess.TimeoutExpired):
                _run(msgspec.json.decode(file.read_bytes(), type=list[str]), DOWN_WITHIN_S)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _name(self) -> str:
        """What this session's stacks are called: told apart from those of sessions beside it."""
        with locked(self._folder):
            file = self._folder / "name"
            if not file.exists():
                file.write_text(f"pytest-{secrets.token_hex(3)}")
            return file.read_text()

    def _once(self, what: str, end: list[str], start: Callable[[int], Started]) -> Started:
        """Start it unless that was done before; the bound is that of the start itself."""
        file = self._folder / f"{what}.json"
        with locked(self._folder) as lock:
            if not file.exists():
                (self._folder / f"{what}.end").write_bytes(msgspec.json.encode(end))
                self._have_a_keeper()
                file.write_bytes(msgspec.json.encode(start(lock)))
            started = msgspec.json.decode(file.read_bytes(), type=Started)
        if started.failed:
            pytest.fail(f"{what} did not come up: {started.failed}", pytrace=False)
        return started

    def _have_a_keeper(self) -> None:
        """Start who ends everything when this session is killed; it survives whoever started it."""
        mark = self._folder / "kept"
        if not mark.exists():
            command = [sys.executable, "-m", "veigo.testing.keeper", str(self._folder)]
            subprocess.run(  # noqa: S603 - ours
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=ASK_WITHIN_S,
                check=True,
            )
            mark.touch()


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Be the only one who starts something; a command that is given the lock holds it too, also when we are killed."""
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def own(folder: Path) -> TextIO:
    """Make a session's folder this process's: until it ends, or closes the file, the session goes on."""
    owner = (folder / "owner").open("a")
    fcntl.flock(owner, fcntl.LOCK_EX)
    return owner


def _down(name: str) -> list[str]:
    return [*VEIGO, "down", "--name", name, "--purge"]


def _up(lock: int, name: str, *options: str) -> Started:
    """Start a stack; what it said ends with the last lines of whatever did not come up."""
    try:
        done = _run([*VEIGO, "up", "--name", name, *options], UP_WITHIN_S, lock)
    except subprocess.TimeoutExpired:
        return Started(failed=f"not within {UP_WITHIN_S:g} s")
    if done.returncode != 0:
        return Started(failed=done.stderr.strip() or done.stdout.strip())
    return Started(addresses=_addresses(name))


def _alone(lock: int, name: str, part: str) -> Started:
    """One node as a process, with what it cannot be without."""
    started = _up(lock, name, "--only", part)
    started.url = "" if started.failed else _url_of(name, part, started.addresses[part])
    return started


def _told_by(lock: int, command: list[str]) -> Started:
    """Have another process start something; it prints a `Started`."""
    try:
        done = _run(command, UP_WITHIN_S, lock)
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


def _run(command: list[str], within_s: float, *held: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - ours
        command, capture_output=True, text=True, timeout=within_s, check=False, pass_fds=held
    )
