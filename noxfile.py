"""Every check of the project: `make test`, or `.venv/bin/nox -s NAME` for one of them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.options.sessions = [
    *("lint", "types", "rego", "unit", "contracts", "observability"),
    *("live", "saboteurs", "chaos_smoke"),
]
nox.options.default_venv_backend = "none"  # one environment, the locked one that `make sync` has prepared
nox.options.stop_on_first_error = True

BIN = Path(sys.executable).parent
REGO_COVERAGE_MIN = 95
PROMTOOL = "github.com/prometheus/prometheus/cmd/promtool@v0.315.1"
SMOKE = (
    *("kafka_killed_under_load", "debezium_killed_under_load", "realtime_killed_under_load"),
    *("chat_killed_mid_send", "opa_killed"),
)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, formatting, and that the lock file agrees with pyproject.toml."""
    session.run(BIN / "ruff", "check", ".")
    session.run(BIN / "ruff", "format", "--check", ".")
    session.run(".veigo/bootstrap/bin/uv", "lock", "--check", "--quiet")


@nox.session
def types(session: nox.Session) -> None:
    """Types, strictly."""
    session.run(BIN / "mypy")


@nox.session
def rego(session: nox.Session) -> None:
    """Policies: their tests, and how much of them the tests reach; their form is `veigo contracts lint`'s."""
    opa = Path(session.run(BIN / "veigo", "build", "opa", silent=True).strip().splitlines()[-1]) / "opa"
    session.run(opa, "test", "policies", "--coverage", "--threshold", str(REGO_COVERAGE_MIN), silent=True)


@nox.session
def unit(session: nox.Session) -> None:
    """Rules and edges that need no infrastructure, on every core."""
    session.run(BIN / "pytest", "-n", "auto", "tests/unit", *session.posargs)


@nox.session
def contracts(session: nox.Session) -> None:
    """Contracts: their form, what changed since they were released, and that the stack keeps them."""
    session.run(BIN / "veigo", "contracts", "lint")
    session.run(BIN / "veigo", "contracts", "diff")
    session.run(BIN / "pytest", "contracts", *session.posargs)


@nox.session
def observability(session: nox.Session) -> None:
    """Prometheus's own tools on the alert rules and their tests, and a Prometheus that reads a real stack."""
    session.run(BIN / "pytest", "tests/observability", *session.posargs, env=_prometheus(session))


@nox.session
def live(session: nox.Session) -> None:
    """The real stack, used by real clients, a browser among them."""
    _provide_browser(session)
    session.run(BIN / "pytest", "tests/live", *session.posargs)


@nox.session
def containers(session: nox.Session) -> None:
    """The stack in containers: walk-through, demo, Kafka and Debezium killed, what pytest gets of it (8 minutes)."""
    if why := _no_engine():
        session.skip(f"nothing was tried in containers: {why}")
    session.run(
        *(BIN / "pytest", "tests/live/test_walkthrough.py", "tests/containers", "--veigo-runtime", "containers"),
        *session.posargs,
    )


@nox.session
def traces_under_kills(session: nox.Session) -> None:
    """10,000 messages while Kafka, Connect and each service are killed once: 99.9 % can be followed (3 minutes)."""
    size = {"MESSAGES": "10000", "RATE": "80", "EVERY_S": "16"}
    session.run(BIN / "pytest", "-s", "tests/live/test_traces_under_kills.py", *session.posargs, env=size)


@nox.session
def faults(session: nox.Session) -> None:
    """Every fault on a real stack, once each; minutes, so only on demand."""
    _provide_wrong_clocks(session)
    session.run(BIN / "pytest", "tests/live", "-m", "faults", *session.posargs)


@nox.session
def chaos_smoke(session: nox.Session) -> None:
    """Five experiments on one stack: Kafka, Debezium, realtime, chat and OPA killed under people at it (4 minutes)."""
    session.run(BIN / "veigo", "chaos", "run", *SMOKE, "--seed", "1", *session.posargs)


@nox.session
def chaos(session: nox.Session) -> None:
    """Every experiment, under one seed (25 minutes); `nox -s chaos -- --seeds 5` for more of them."""
    _provide_wrong_clocks(session)
    session.run(BIN / "veigo", "chaos", "run", "--seed", "1", *session.posargs)


@nox.session
def load(session: nox.Session) -> None:
    """Every load scene in small, one after the other, on one stack (7 minutes); `veigo load run` for their own size."""
    session.run(BIN / "veigo", "up", "--name", "load")
    small = ("--users", "20", "--minutes", "0.3", "--seed", "1", *session.posargs)
    try:
        for scene in sorted(Path("loadtests").glob("*.py")):
            # 2: on a machine too busy for the generator itself a run proves nothing, which is no fault of the stack.
            session.run(BIN / "veigo", "load", "run", scene.stem, "--name", "load", *small, success_codes=[0, 2])
    finally:
        session.run(BIN / "veigo", "down", "--name", "load", "--purge")


@nox.session
def saboteurs(session: nox.Session) -> None:
    """Every checker convicts the saboteurs meant for it and acquits the honest run; prints a table of it."""
    session.run(BIN / "pytest", "tests/saboteurs", *session.posargs)


def _provide_browser(session: nox.Session) -> None:
    """Install Chromium where that is possible without asking; where it is not, the browser's test skips and says so."""
    if session.run(BIN / "python", "tests/live/chromium.py", silent=True).strip():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        session.run("apt-get", "update", "-qq", success_codes=range(256), silent=True)
        session.run("apt-get", "install", "-y", "-qq", "chromium", success_codes=range(256), silent=True)
    else:
        session.run(BIN / "playwright", "install", "chromium", success_codes=range(256), silent=True)


def _provide_wrong_clocks(session: nox.Session) -> None:
    """Install libfaketime where that is possible without asking; without it a wrong clock is skipped, or refused."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        session.run("apt-get", "install", "-y", "-qq", "libfaketime", success_codes=range(256), silent=True)


def _no_engine() -> str:
    """Why nothing can run in containers here; empty when it can."""
    if not shutil.which("docker"):
        return "docker is not installed"
    for asked in (("docker", "info"), ("docker", "compose", "version")):
        try:
            answer = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            return f"`{' '.join(asked)}` did not answer within 30 s"
        if answer.returncode != 0:
            return f"`{' '.join(asked)}` says: {(answer.stderr.strip() or 'nothing').splitlines()[-1]}"
    return ""


def _prometheus(session: nox.Session) -> dict[str, str]:
    """Where promtool and prometheus are: installed, or out of Debian's package (a second; no root, nothing installed).

    Elsewhere promtool is compiled; the server is not, and its tests skip and say so.
    """
    folder = Path(".veigo/promtool").resolve()
    places = {
        name: (shutil.which(name), folder / "usr/bin" / name, folder / name) for name in ("promtool", "prometheus")
    }

    def found(name: str) -> str:
        return next((str(place) for place in places[name] if place and Path(place).exists()), "")

    if not found("promtool"):
        folder.mkdir(parents=True, exist_ok=True)
        if shutil.which("apt-get") and shutil.which("dpkg-deb"):
            with session.chdir(folder):
                session.run("apt-get", "download", "-qq", "prometheus", success_codes=range(256), silent=True)
                for package in folder.glob("prometheus_*.deb"):
                    session.run("dpkg-deb", "--extract", package, folder)
                    package.unlink()
        if not found("promtool"):  # 4 min of processor time
            session.run(
                "go", "install", "-tags=remove_all_sd", PROMTOOL, env={"GOBIN": str(folder), "CGO_ENABLED": "0"}
            )
    return {"PROMTOOL": found("promtool"), "PROMETHEUS": found("prometheus")}
