"""The Chaos Toolkit itself runs an exported experiment on the real stack, and its journal has no deviation."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from live.conftest import veigo

CHAOS = Path(sys.executable).with_name("chaos")
EXPERIMENT = "mongo_killed"
RUN_S_MAX = 300


@pytest.fixture(scope="module")
def exported(stack, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    done = veigo("chaos", "export", EXPERIMENT, "--name", stack.name, "--seed", "7", "--into", str(folder))
    assert done.returncode == 0, done.stderr
    return folder / f"{EXPERIMENT}.json"


@pytest.fixture(scope="module")
def journal(exported):
    """What the toolkit wrote down of one run."""
    path = exported.with_name("journal.json")
    command = [CHAOS, "--log-file", str(exported.with_name("chaos.log")), "run", "--journal-path", str(path), exported]
    done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_S_MAX, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(path.read_text())


def test_what_is_exported_is_valid_to_the_toolkit(exported):
    command = [CHAOS, "--log-file", str(exported.with_name("chaos.log")), "validate", exported]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_its_hypothesis_held_before_and_after(journal):
    assert "completed" == journal["status"]
    assert not journal["deviated"]
    assert journal["steady_states"]["before"]["steady_state_met"]
    assert journal["steady_states"]["after"]["steady_state_met"]


def test_every_step_of_the_plan_is_in_its_journal_and_was_done(journal):
    steps = [(entry["activity"]["name"][3:].split(":")[0], entry["status"]) for entry in journal["run"]]

    assert ("kill mongo", "succeeded") in steps
    assert ("heal mongo", "succeeded") in steps
    assert {"succeeded"} == {status for _, status in steps}
    assert journal["run"][-1]["output"].startswith("holds, in runs/")


def test_its_rollback_found_nothing_left_to_heal(journal):
    assert ["0 steps were left to heal"] == [entry["output"] for entry in journal["rollbacks"]]
