"""The container engine, by its own command line: every question has a bound, every failure is one sentence.

`docker` finds its engine as it always does (DOCKER_HOST, contexts), so whatever engine a person works with is used.
"""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from veigo.stack.problem import StackError

ANSWER_WITHIN_S = 30.0
PROJECT_LABEL = "com.docker.compose.project"
SERVICE_LABEL = "com.docker.compose.service"

DAEMON = "Error response from daemon: "

# What the engine says, and what that means for whoever asked. The first that fits is told.
SENTENCES = (
    (r"permission denied while trying to connect",
     "this account may not use Docker's socket; run as a member of its group"),
    (r"Cannot connect to the Docker daemon|error during connect|no such host|connection refused",
     "no Docker engine answers; start one, point DOCKER_HOST at one, or run the stack as processes: `veigo up`"),
    (r"(?:Bind for \S*:|listen tcp\S* \S*:|exposing port \S*?)(\d+)\S*.*(?:already allocated|already in use)",
     "port {0} is taken; end what holds it, or choose ports with --port-base"),
    (r"(?:No such image: |pull access denied for |manifest for |unable to find image ')([\w./:-]+)",
     "there is no image {0} here and it cannot be pulled; pull or build it first"),
    (r"unknown command: docker compose|'compose' is not a docker command",
     "docker has no compose plugin; install docker-compose-plugin (Compose v2)"),
)  # fmt: skip


def sentence(said: str) -> str:
    """What the engine said, as one sentence that says what to do."""
    for pattern, meaning in SENTENCES:
        if found := re.search(pattern, said, re.IGNORECASE):
            return meaning.format(*found.groups())
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    daemon = next((line for line in lines if line.startswith(DAEMON)), "")  # the reason; what comes after is who failed
    return daemon.removeprefix(DAEMON) or (lines[-1] if lines else "it said nothing")


def docker(*arguments: str, within_s: float = ANSWER_WITHIN_S, environment: dict[str, str] | None = None) -> str:
    """Run one docker command and return what it printed.

    Raises:
        StackError: there is no docker, it did not answer in time, or it refused.
    """
    done = _run(arguments, within_s, environment)
    if done.returncode != 0:
        raise StackError(f"docker {arguments[0]}: {sentence(done.stderr + done.stdout)}")
    return done.stdout


def _run(
    arguments: Sequence[str], within_s: float, environment: dict[str, str] | None = None, *, captured: bool = True
) -> subprocess.CompletedProcess[str]:
    program = shutil.which("docker")
    if program is None:
        raise StackError("docker is not installed; install it, or run the stack as processes: `veigo up`")
    try:
        return subprocess.run(  # noqa: S603 - docker, with arguments of ours
            [program, *arguments], capture_output=captured, text=True, timeout=within_s, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        raise StackError(f"docker {arguments[0]} was not done within {within_s:g} s") from None


def shown(*arguments: str, within_s: float) -> int:
    """Run one docker command whose output is for whoever is watching; its exit code.

    Raises:
        StackError: there is no docker, or it was not done in time.
    """
    return _run(arguments, within_s, None, captured=False).returncode


async def ask_docker(*arguments: str, within_s: float = ANSWER_WITHIN_S) -> str:
    """Like `docker`, while the event loop goes on."""
    return await asyncio.to_thread(docker, *arguments, within_s=within_s)


def containers(label: str, value: str) -> list[dict[str, Any]]:
    """Every container with a label, running or not, as the engine describes it.

    Raises:
        StackError: the engine cannot be asked.
    """
    ids = docker("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={label}={value}").split()
    return inspect(ids)


def inspect(names: Sequence[str]) -> list[dict[str, Any]]:
    """What the engine knows of these containers; those that went meanwhile are left out."""
    if not names:
        return []
    done = _run(("inspect", "--type", "container", *names), ANSWER_WITHIN_S)
    if done.returncode != 0 and "No such" not in done.stderr:
        raise StackError(f"docker inspect: {sentence(done.stderr)}")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def last_lines(container: str, lines_max: int = 20) -> list[str]:
    """The end of what a container said."""
    program = shutil.which("docker") or "docker"
    said = subprocess.run(  # noqa: S603 - docker, with arguments of ours
        [program, "logs", "--tail", str(lines_max), container],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=ANSWER_WITHIN_S,
        check=False,
    )
    return said.stdout.splitlines()[-lines_max:]


def write_log(container: str, path: Path) -> None:
    """Write all that a container said into a file."""
    command = [shutil.which("docker") or "docker", "logs", container]
    with path.open("wb") as file:
        subprocess.run(command, stdout=file, stderr=file, timeout=ANSWER_WITHIN_S, check=False)  # noqa: S603


def follow(container: str) -> Iterator[str]:
    """What a container goes on saying, until it ends."""
    command = [shutil.which("docker") or "docker", "logs", "--follow", "--tail", "0", container]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as said:  # noqa: S603
        try:
            yield from said.stdout or ()
        finally:
            said.terminate()


def memory_bytes(names: Sequence[str]) -> dict[str, int]:
    """How much memory running containers take, by name."""
    if not names:
        return {}
    lines = docker("stats", "--no-stream", "--format", "{{json .}}", *names).splitlines()
    told = [json.loads(line) for line in lines]
    return {one["Name"]: bytes_in(one["MemUsage"].partition("/")[0]) for one in told}


def bytes_in(text: str) -> int:
    """An amount as docker writes it: ``95.3MiB``."""
    found = re.fullmatch(r"\s*([\d.]+)\s*([KMGT]?)i?B\s*", text)
    if found is None:
        return 0
    return int(float(found[1]) * 1024 ** " KMGT".index(found[2] or " "))
