"""`veigo contracts`, as people and CI run it: exit codes, files, and releases that refuse."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

HERE = Path(__file__).parent
PARTS = ("contracts", "policies", "protos", "services", "stack", "veigo")
PROTO = Path("protos/veigo/chat/v1/chat.proto")


def veigo(*arguments, root):
    """Run the command; its own code is this checkout's, and the tree it looks at is `root`."""
    command = [sys.executable, "-m", "veigo", "contracts", *arguments, "--root", str(root)]
    return subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("command") / "tree"
    for part in PARTS:
        shutil.copytree(HERE.parent / part, root / part)
    shutil.copy(HERE.parent / "buf.yaml", root)
    return root


@pytest.fixture
def broken(tree):
    """The tree with a field renumbered, for as long as a test takes."""
    path = tree / PROTO
    source = path.read_text(encoding="utf-8")
    path.write_text(source.replace("  string content = 4;", "  string content = 14;"), encoding="utf-8")
    yield tree
    path.write_text(source, encoding="utf-8")


def test_a_break_is_told_with_its_consumer_and_in_every_form(broken, tmp_path):
    junit, markdown = tmp_path / "junit.xml", tmp_path / "changes.md"
    done = veigo("diff", "--only", "grpc", "--junit", str(junit), "--markdown", str(markdown), root=broken)

    assert 1 == done.returncode
    assert "veigo.chat.v1.Message.content" in done.stdout
    assert "chat promises it to gateway" in done.stdout
    assert "1" == ElementTree.parse(junit).find("testsuite").get("failures")
    assert "**breaking**" in markdown.read_text()


def test_json_is_json_and_nothing_else(broken):
    done = veigo("diff", "--only", "grpc", "--json", root=broken)

    assert 1 == json.loads(done.stdout)["breaking"]


def test_a_break_is_not_released_without_a_reason(broken):
    before = {path: path.read_bytes() for path in (broken / "contracts").rglob("*") if path.is_file()}
    done = veigo("release", root=broken)

    assert 1 == done.returncode
    assert "--breaking" in done.stderr
    assert before == {path: path.read_bytes() for path in (broken / "contracts").rglob("*") if path.is_file()}


def test_what_cannot_be_compared_is_no_pass(tree, tmp_path):
    assert 2 == veigo("diff", "--against", "no-such-revision", root=tree).returncode
    assert 2 == veigo("diff", "--only", "grps", root=tree).returncode
    assert 2 == veigo("diff", root=tmp_path).returncode


def test_a_release_takes_reason_version_and_day_and_then_nothing_is_left_to_release(tree, tmp_path):
    root = tmp_path / "tree"
    shutil.copytree(tree, root)
    stamp = root / "contracts" / "released" / "release.json"
    before = json.loads(stamp.read_text())
    path = root / PROTO
    path.write_text(path.read_text().replace("  string content = 4;", "  string content = 14;"))

    assert 0 == veigo("release", "--breaking", "Contents moved.", root=root).returncode
    after = json.loads(stamp.read_text())
    assert int(after["version"].split(".")[0]) == int(before["version"].split(".")[0]) + 1
    assert "Contents moved." in (root / "contracts" / "CHANGELOG.md").read_text()
    refused = veigo("release", root=root)
    assert 2 == refused.returncode
    assert "nothing to release" in refused.stderr


def test_the_form_is_checked(tree):
    policy = tree / "policies" / "odd.rego"
    try:
        policy.write_text("package even\n\nisOdd if input.odd\n")
        done = veigo("lint", root=tree)
    finally:
        policy.unlink()

    assert 1 == done.returncode
    assert "its package is not odd" in done.stdout
    assert 0 == veigo("lint", root=tree).returncode
