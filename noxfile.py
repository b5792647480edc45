"""Every check of the project: `make test`, or `nox -s NAME` for one of them."""

import shutil
from pathlib import Path

import nox

nox.options.sessions = ["lint", "types", "rego", "unit", "live"]
nox.options.default_venv_backend = "none"  # one environment, the locked one that `make sync` has prepared
nox.options.stop_on_first_error = True
nox.options.error_on_missing_interpreters = True

BIN = Path(".venv/bin").resolve()


@nox.session
def lint(session: nox.Session) -> None:
    """Style, formatting, and the lock file's agreement with pyproject.toml."""
    session.run(f"{BIN}/ruff", "check", ".", external=True)
    session.run(f"{BIN}/ruff", "format", "--check", ".", external=True)
    session.run(".veigo/bootstrap/bin/uv", "lock", "--check", "--quiet", external=True)


@nox.session
def types(session: nox.Session) -> None:
    """Types, strictly."""
    session.run(f"{BIN}/mypy", external=True)
