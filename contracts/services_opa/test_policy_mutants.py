"""opa promises chat, realtime and aggregator that no rule changes unnoticed: whatever is broken in one fails a test."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stack.tools import toolchain
from veigo.contracts.rego_mutants import mutants

POLICIES = Path(__file__).parents[2] / "policies"
RULES = sorted(path.name for path in POLICIES.glob("*.rego") if not path.stem.endswith("_test"))
NO_POLICY, FAILED = 1, 2  # opa test's exit codes: it does not compile, a test failed
COMPILED_SHARE_MIN = 0.7  # a condition between two `else` cannot be left out
AT_ONCE = 4


def exit_code_with(folder, name, source):
    """Return opa test's exit code when this file has this source."""
    shutil.copytree(POLICIES, folder)
    (folder / name).write_text(source, encoding="utf-8")
    opa = toolchain().path("opa") / "opa"
    return subprocess.run([opa, "test", folder], capture_output=True, timeout=60, check=False).returncode


@pytest.mark.parametrize("name", RULES)
def test_a_policy_with_one_thing_wrong_fails_its_tests(name, tmp_path):
    """Each condition, comparison, outcome and default of the file, one at a time; what does not compile is left out."""
    wrong = list(mutants((POLICIES / name).read_text(encoding="utf-8")))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        codes = list(
            pool.map(lambda pair: exit_code_with(tmp_path / str(pair[0]), name, pair[1].source), enumerate(wrong))
        )
    compiled = [(str(mutant), code) for mutant, code in zip(wrong, codes, strict=True) if code != NO_POLICY]

    assert [] == [mutant for mutant, code in compiled if code != FAILED]
    assert len(compiled) >= COMPILED_SHARE_MIN * len(wrong)
    assert compiled or name == "use_access_token.rego"  # one rule, without a condition of its own


def test_the_policies_as_they_are_pass(tmp_path):
    """Else their failing would prove nothing."""
    source = (POLICIES / RULES[0]).read_text(encoding="utf-8")

    assert 0 == exit_code_with(tmp_path / "as they are", RULES[0], source)
