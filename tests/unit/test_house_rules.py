"""What keeps the tree easy to find one's way in, checked on the sources themselves."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINES_MAX = 500
FUNCTION_LINES_MAX = 50
BANNED = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
SOURCES = ("bench", "protos", "services", "spans", "stack", "veigo")


def tracked(pattern):
    """Return the files git knows, so that generated and local ones do not count."""
    listed = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(line) for line in listed.stdout.splitlines()]


PYTHON = tracked("*.py")


def parsed(path):
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def imports(path):
    """Return the modules a file imports, wherever in it."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_there_is_something_to_check():
    """An empty list of files would keep every rule."""
    assert {"services", "stack", "tests", "veigo"} <= {path.parts[0] for path in PYTHON}


def test_no_file_is_too_long_to_read():
    """Five hundred lines at the very most."""
    long = {str(path): lines for path in PYTHON if (lines := len((ROOT / path).read_text().splitlines())) > LINES_MAX}

    assert {} == long


def test_no_function_is_too_long_to_read():
    """Fifty lines at most, in what is shipped; a migration is a list of SQL statements and may be longer."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = [
        f"{path}:{node.name}"
        for path in PYTHON
        if path.parts[0] in SOURCES and "versions" not in path.parts
        for node in ast.walk(parsed(path))
        if isinstance(node, functions) and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES_MAX
    ]

    assert [] == long


def test_every_name_says_what_is_inside():
    """No drawer for everything."""
    assert [] == [str(path) for path in PYTHON if BANNED & {part.removesuffix(".py") for part in path.parts}]


SERVICES = ("aggregator", "authentication", "chat", "gateway", "realtime")


@pytest.mark.parametrize("service", SERVICES)
def test_services_know_each_other_by_contract_only(service):
    """A service imports its own folder, the contracts and the few modules all share."""
    others = tuple(f"services.{other}" for other in SERVICES if other != service)
    mine = [path for path in PYTHON if path.parts[:2] == ("services", service)]
    foreign = [
        f"{path}: {name}" for path in mine for name in imports(path) if name.startswith((*others, "veigo", "stack"))
    ]

    assert mine
    assert [] == foreign


def test_the_harness_knows_no_service_from_inside():
    """It uses what any client could use."""
    harness = [path for path in PYTHON if path.parts[0] == "veigo"]

    assert [] == [f"{path}: {name}" for path in harness for name in imports(path) if name.startswith("services")]
