"""The gate holds: it catches every seeded change and names whom it breaks, and lets the harmless ones through."""

import os
import shutil
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from stack.table import EDGES
from stack.tools import toolchain
from veigo.contracts.change import Severity
from veigo.contracts.comparison import Programs, compared
from veigo.contracts.contracts import RELEASED, of_tree, released, write
from veigo.contracts.decisions import recorded

HERE = Path(__file__).parent
PARTS = ("contracts", "policies", "protos", "services", "stack", "veigo")
SEEDED = yaml.safe_load((HERE / "seeded_changes.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def programs():
    return Programs(buf=toolchain().path("buf") / "buf", opa=toolchain().path("opa") / "opa")


@pytest.fixture(scope="module")
def tree(tmp_path_factory, programs):
    """A copy of the sources, which has just been released as it is."""
    root = tmp_path_factory.mktemp("tree")
    for part in PARTS:
        shutil.copytree(HERE.parent / part, root / part)
    shutil.rmtree(root / RELEASED)
    made = of_tree(root)
    write(replace(made, decisions=recorded(programs.opa, root, made.policies)), root / RELEASED)
    return root


@pytest.fixture(autouse=True)
def no_bytecode(monkeypatch):
    """Two edits within a second could have one size: Python would run the code of the first for the second."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")


@contextmanager
def edited(root, edits):
    """Make edits for a while; each text must be there just once, or something else would be tested."""
    before = {}
    for edit in edits:
        path = root / edit["in"]
        before.setdefault(path, (path.read_text(encoding="utf-8"), path.stat()))
        source = path.read_text(encoding="utf-8")
        assert 1 == source.count(edit["text"]), f"{edit['text']!r} is {source.count(edit['text'])} times in {path}"
        path.write_text(source.replace(edit["text"], edit["instead"]), encoding="utf-8")
    try:
        yield
    finally:
        for path, (source, stat) in before.items():
            path.write_text(source, encoding="utf-8")
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def changes_by(case, tree, programs):
    """Return what the gate says of a seeded change."""
    with edited(tree, case["edits"]):
        return compared(released(tree), tree, EDGES, programs, only=[case["contract"]])


def bad(changes):
    return [change for change in changes if change.severity is not Severity.SAFE]


@pytest.mark.parametrize("case", SEEDED["caught"], ids=lambda case: f"{case['contract']}: {case['name']}")
def test_a_change_that_breaks_somebody_is_caught_and_says_whom(case, tree, programs):
    """Whoever relies on the contract is named in a message, which also says what to do."""
    found = bad(changes_by(case, tree, programs))

    assert {*case["consumers"]} <= {name for change in found for name in change.affected}, found
    assert all(consumer in change.sentence for change in found for consumer in change.affected)
    assert all(change.advice for change in found)
    expected = Severity.DANGEROUS if case.get("dangerous") else Severity.BREAKING
    assert expected in {change.severity for change in found}


@pytest.mark.parametrize("case", SEEDED["harmless"], ids=lambda case: f"{case['contract']}: {case['name']}")
def test_a_harmless_change_is_not_flagged(case, tree, programs):
    assert [] == bad(changes_by(case, tree, programs))


def test_there_are_enough_of_them_and_of_every_contract():
    assert len(SEEDED["caught"]) >= 30
    assert len(SEEDED["harmless"]) >= 10
    for kind in SEEDED.values():
        assert {"grpc", "graphql", "records", "frames", "policies"} == {case["contract"] for case in kind}


def test_what_did_not_change_is_no_change(tree, programs):
    """All five, so that a gate that always says something is not taken for one that catches."""
    assert [] == compared(released(tree), tree, EDGES, programs)
