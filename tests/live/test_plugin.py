"""What other people's tests get of a stack: two workers of pytest-xdist, one policy server, and nothing left."""

import json
import os
import shutil

import pytest

pytest_plugins = ["pytester"]

TESTS = """
    import json, urllib.request, pytest

    @pytest.mark.parametrize("number", range(4))
    def test_policies_are_there(veigo_opa, worker_id, number):
        with urllib.request.urlopen(f"{veigo_opa.url}/v1/policies", timeout=5) as answer:
            assert json.load(answer)["result"]
        with open("told.jsonl", "a") as file:
            file.write(json.dumps([worker_id, veigo_opa.address]) + "\\n")

    def test_the_stack_has_a_door(veigo_stack):
        question = urllib.request.Request(
            veigo_stack.graphql_url, b'{"query": "{ __typename }"}', {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(question, timeout=5) as answer:
            assert {"__typename": "RootQuery"} == json.load(answer)["data"]
"""


def stacks():
    """Return the stacks of test sessions that there are."""
    from veigo.stack.stack import home_folder

    return {folder.name for folder in (home_folder() / "stacks").glob("pytest-*")}


@pytest.fixture
def run(pytester, request):
    """Run pytest in a folder of its own, on the runtime of this session."""
    pytester.makepyfile(TESTS)
    runtime = request.config.getoption("--veigo-runtime")
    return lambda *options: pytester.runpytest_subprocess("-p", "no:asyncio", "--veigo-runtime", runtime, *options)


def test_workers_share_what_one_of_them_started(run, stack, pytester):
    """And a stack that ran before is used and left running."""
    before = stacks()

    run("-n", "2", "--veigo-stack", stack.name).assert_outcomes(passed=5)

    told = [json.loads(line) for line in (pytester.path / "told.jsonl").read_text().splitlines()]
    assert 2 == len({worker for worker, _ in told})
    assert 1 == len({address for _, address in told})
    assert before == stacks()


def test_what_does_not_come_up_is_told_with_its_last_lines(pytester, monkeypatch):
    """In the words that `veigo up` has for it; here a Java that says its version, and nothing else."""
    java = pytester.mkdir("bin") / "java"
    script = f'[ "$1" = -version ] && exec {shutil.which("java")} "$@"\necho NoSuchOption; exit 1\n'
    java.write_text(f"#!/bin/sh\n{script}")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", f"{java.parent}{os.pathsep}{os.environ['PATH']}")
    pytester.makepyfile("def test_it(veigo_mongo): pass")

    result = pytester.runpytest_subprocess("-p", "no:asyncio")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*mongo did not come up: *", "*NoSuchOption*"])
