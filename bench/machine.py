"""What the figures were measured on: the machine, and the versions of everything that ran."""

import importlib.metadata
import platform
import re
import subprocess
from pathlib import Path

import psutil

from stack.tools import GO_MOD, POM

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("veigo", "aiohttp", "aiokafka", "asyncpg", "graphql-core", "grpcio", "strawberry-graphql", "uvloop")


def machine() -> dict[str, str | int]:
    """Describe the machine; nothing in it says whose it is."""
    return {
        "cpu": _cpu_model(),
        "cores": psutil.cpu_count() or 0,
        "memory_mib": psutil.virtual_memory().total // 2**20,
        "kernel": f"{platform.system()} {platform.release().partition('-')[0]} {platform.machine()}",
    }


def versions() -> dict[str, str]:
    """Name the versions of what the stack and its clients run on."""
    found = {"python": platform.python_version()}
    found |= {name: importlib.metadata.version(name) for name in PACKAGES}
    found |= dict(re.findall(r"<(kafka|debezium|postgres)\.version>([^<]+)<", POM.read_text()))
    return found | dict(re.findall(r"github\.com/open-policy-agent/(opa) v(\S+)", GO_MOD.read_text()))


def commit() -> str:
    """Which sources were measured; a `+` says that they were changed since. Empty outside a repository."""
    told = [
        subprocess.run(["git", *asked], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603, S607
        for asked in (("rev-parse", "--short=12", "HEAD"), ("status", "--porcelain", "--", ".", ":!bench/results"))
    ]
    return told[0].stdout.strip() + ("+" if told[1].stdout.strip() else "")


def _cpu_model() -> str:
    """The processor's name, where the system tells it."""
    information = Path("/proc/cpuinfo")
    told = re.search(r"model name\s*:\s*(.+)", information.read_text()) if information.exists() else None
    return told[1].strip() if told else platform.processor() or "unknown"
