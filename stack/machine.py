"""What this machine must have for the stack to run, looked at and judged apart: ``veigo doctor``.

``look`` gathers facts and decides nothing; ``judge`` decides from facts alone, so that every verdict has a unit test.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from veigo.stack.engine import docker
from veigo.stack.lifecycle import disk_free_bytes
from veigo.stack.ports import holder_of, is_port_free
from veigo.stack.problem import StackError
from veigo.stack.stack import Stack

JAVA_MIN = 17
GO_MIN = (1, 21)  # from here on Go fetches by itself the newer toolchain that go.mod asks for
MAVEN_MIN = (3, 6)
DISK_MIN_BYTES = 2 * 1024**3
MEMORY_MIN_BYTES = 3 * 1024**3
VERSION_WITHIN_S = 20.0

INSTALL = {
    "apt": {
        "java": "apt-get install --yes openjdk-17-jdk-headless",
        "maven": "apt-get install --yes maven",
        "go": "apt-get install --yes golang-go",
        "chromium": "apt-get install --yes chromium",
    },
    "brew": {
        "java": "brew install openjdk@21",
        "maven": "brew install maven",
        "go": "brew install go",
        "chromium": "brew install --cask chromium",
    },
}


@dataclass(frozen=True)
class Facts:
    """What was seen on a machine; a version is None when the program is not there."""

    java: tuple[int, ...] | None
    javac: bool
    maven: tuple[int, ...] | None
    go: tuple[int, ...] | None
    chromium: str | None
    disk_free_bytes: int
    memory_free_bytes: int
    packages: str
    ports_held: dict[int, str] = field(default_factory=dict)
    engine: str = ""  # what Docker there is
    no_engine: str = "docker is not installed"  # or why there is none


@dataclass(frozen=True)
class Finding:
    """One judgement: what was looked at, whether it will do, what was seen, and the command that puts it right."""

    name: str
    fine: bool
    seen: str
    remedy: str = ""
    required: bool = True


def judge(facts: Facts, *, containers: bool = False) -> list[Finding]:
    """Every requirement, met or not: those of a stack of processes, or of one in containers."""
    install = INSTALL.get(facts.packages, {name: f"install {name}" for name in INSTALL["apt"]})
    engine = Finding(
        "docker",
        bool(facts.engine),
        facts.engine or "missing (only `--containers` needs it)",
        facts.no_engine,
        required=containers,
    )
    findings = [
        *([engine] if containers else _programs(facts, install)),
        _space(
            "disk space", facts.disk_free_bytes, DISK_MIN_BYTES, "free some, or set VEIGO_HOME to a folder elsewhere"
        ),
        _space("memory", facts.memory_free_bytes, MEMORY_MIN_BYTES, "end something large"),
    ]
    for port, holder in facts.ports_held.items():
        findings.append(Finding(f"port {port}", False, f"taken by {holder}", "end it, or use --port-base"))
    if not facts.ports_held:
        findings.append(Finding("ports", True, "free, or held by this stack"))
    seen = facts.chromium or "missing (only the browser test needs it)"
    findings.append(Finding("chromium", facts.chromium is not None, seen, install["chromium"], required=False))
    return findings if containers else [*findings, engine]


def _programs(facts: Facts, install: Mapping[str, str]) -> list[Finding]:
    return [
        _program("java", facts.java, (JAVA_MIN,), install["java"]),
        Finding("javac", facts.javac, "found" if facts.javac else "missing (a JRE alone will not do)", install["java"]),
        _program("maven", facts.maven, MAVEN_MIN, install["maven"]),
        _program("go", facts.go, GO_MIN, install["go"]),
    ]


def _program(name: str, version: tuple[int, ...] | None, lowest: tuple[int, ...], install: str) -> Finding:
    wanted = ".".join(map(str, lowest))
    if version is None:
        return Finding(name, False, f"missing (needs {wanted} or newer)", install)
    seen = ".".join(map(str, version))
    if version < lowest:
        return Finding(name, False, f"{seen} is too old (needs {wanted} or newer)", install)
    return Finding(name, True, seen)


def _space(name: str, free: int, lowest: int, remedy: str) -> Finding:
    seen = f"{free / 1024**3:.1f} GiB free"
    if free < lowest:
        return Finding(name, False, f"{seen} (needs {lowest / 1024**3:.0f} GiB)", remedy)
    return Finding(name, True, seen)


def look(home: Path, stack: Stack | None, *, running: bool) -> Facts:
    """Gather the facts; the ports are those of ``stack`` unless it runs and holds them itself."""
    import psutil

    ports = {} if stack is None or running else stack.ports
    engine, no_engine = _engine()
    return Facts(
        engine=engine,
        no_engine=no_engine,
        java=version_of("java", "-version"),
        javac=shutil.which("javac") is not None,
        maven=version_of("mvn", "--version"),
        go=version_of("go", "version"),
        chromium=find_chromium(),
        disk_free_bytes=disk_free_bytes(home),
        memory_free_bytes=psutil.virtual_memory().available,
        packages="brew" if sys.platform == "darwin" else "apt" if shutil.which("apt-get") else "",
        ports_held={port: holder_of(port) for port in ports if not is_port_free(port)},
    )


def _engine() -> tuple[str, str]:
    """What Docker there is, or why there is none that can be used."""
    try:
        version = docker("version", "--format", "{{.Server.Version}}", within_s=VERSION_WITHIN_S).strip()
        compose = docker("compose", "version", "--short", within_s=VERSION_WITHIN_S).strip()
    except StackError as error:
        return "", str(error)
    return f"{version}, Compose {compose}", ""


def version_of(program: str, question: str) -> tuple[int, ...] | None:
    """The first version number a program says when asked; None when it is missing or says none."""
    if shutil.which(program) is None:
        return None
    try:
        said = subprocess.run(  # noqa: S603 - a fixed program name
            [program, question],
            capture_output=True,
            text=True,
            timeout=VERSION_WITHIN_S,
            check=False,
            # Only what is installed counts, not the toolchain that Go would fetch for a go.mod around here.
            env=os.environ | {"GOTOOLCHAIN": "local"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_version(said.stdout + said.stderr)


def parse_version(text: str) -> tuple[int, ...] | None:
    """The first version number in a text: ``openjdk version "17.0.15"`` is (17, 0, 15), ``1.8.0`` Java's old 8."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)  # Maven writes in bold, and the code for bold is a number
    found = re.search(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?", text)
    if found is None:
        return None
    version = tuple(int(part) for part in found.groups() if part is not None)
    return (8,) if 'version "1.8' in text else version


def find_chromium() -> str | None:
    """The path of an installed Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    on_mac = Path("/Applications/Chromium.app/Contents/MacOS/Chromium")
    return next((path for name in names if (path := shutil.which(name))), str(on_mac) if on_mac.exists() else None)


def preflight(stack: Stack) -> None:
    """Refuse to start on a machine that cannot carry the stack; looks only at what this start needs.

    Raises:
        StackError: the first thing missing, with the command that installs it.
    """
    facts = look(stack.home, None, running=False)
    building = set(stack.toolchain.missing())
    needed = {"java", "disk space"} | ({"javac", "maven"} if building - {"opa"} else set())
    needed |= {"go"} if "opa" in building else set()
    for finding in judge(facts):
        if finding.name in needed and not finding.fine:
            raise StackError(f"{finding.name}: {finding.seen}; {finding.remedy} (`veigo doctor` checks everything)")
