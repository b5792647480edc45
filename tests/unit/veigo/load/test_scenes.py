"""Every scene is a file of one sentence that Locust can load, and imports nothing of ours but the vocabulary."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veigo.catalogue import sentence_of
from veigo.cli import app

ROOT = Path(__file__).parents[4]
SCENES = sorted((ROOT / "loadtests").glob("*.py"))
WANTED = {
    *("evening_peak", "reconnect_storm", "one_hot_room", "many_small_rooms"),
    *("idle_crowd", "sign_in_rush", "soak", "ramp_to_breaking"),
}
LINES_MAX = 45  # one screen

LOAD = """
import json, sys
from locust.util.load_locustfile import load_locustfile
told = {}
for path in sys.argv[1:]:
    users, (shape,) = load_locustfile(path)
    scene = shape.scene
    told[path] = [sorted(users), scene.people, scene.minutes, len(scene.limits.as_parameters()), scene.steps[:1]]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def loaded():
    """What Locust makes of every scene; in a process of its own, as loading one patches all of it."""
    command = [sys.executable, "-c", LOAD, *map(str, SCENES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_scenes_are_there():
    assert WANTED == {path.stem for path in SCENES}


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_a_scene_is_one_sentence_on_one_screen(path):
    sentence = sentence_of(path)

    assert sentence.lower().startswith(path.stem.replace("_", " ").replace("sign in", "sign-in"))
    assert 1 == sentence.count(".")
    assert len(path.read_text().splitlines()) <= LINES_MAX


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_a_scene_only_combines_the_vocabulary(path):
    imported = [node.module for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]

    assert imported
    assert all(module.startswith("veigo.load.") for module in imported)


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_locust_can_load_it(loaded, path):
    users, people, minutes, limits, _ = loaded[str(path)]

    assert 1 == len(users)
    assert people >= 2
    assert minutes > 0
    assert limits > 0 or path.stem == "ramp_to_breaking"


def test_the_command_lists_them():
    listed = CliRunner().invoke(app, ["load", "list", "--from", str(ROOT / "loadtests")])

    assert 0 == listed.exit_code
    assert {line for line in listed.output.splitlines() if line and not line.startswith(" ")} == WANTED


def test_a_scene_nobody_wrote_is_refused_in_a_sentence():
    refused = CliRunner().invoke(app, ["load", "run", "rush_hour", "--from", str(ROOT / "loadtests")])

    assert 2 == refused.exit_code
    assert "no scene is called rush_hour" in refused.output


@pytest.mark.parametrize("options", [("--users", "1"), ("--minutes", "0.01"), ("--processes", "0")])
def test_too_little_is_refused_before_anything_is_started(options):
    refused = CliRunner().invoke(app, ["load", "run", "soak", "--from", str(ROOT / "loadtests"), *options])

    assert 2 == refused.exit_code
    assert "greater than or equal to" in " ".join(refused.output.split())


def test_who_only_makes_load_needs_no_database_for_telemetry():
    """A worker on another machine, or in an image without it."""
    code = "import sys, veigo.load.people, veigo.load.shape; sys.exit('duckdb' in sys.modules)"

    assert 0 == subprocess.run([sys.executable, "-c", code], timeout=60, check=False, cwd=ROOT).returncode


def test_the_harness_does_not_import_locust():
    """It would patch the whole process, and take its time."""
    code = "import sys, veigo.cli; sys.exit(any(name.split('.')[0] in ('gevent', 'locust') for name in sys.modules))"

    assert 0 == subprocess.run([sys.executable, "-c", code], timeout=60, check=False, cwd=ROOT).returncode
