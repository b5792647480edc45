"""Scenes on the real stack: people in two processes are judged as one run, a limit is held to, a void run is void."""

import json
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from live.conftest import veigo
from veigo.checkers.generator_kept_up import GeneratorKeptUp
from veigo.checkers.ledger import Ledger
from veigo.checkers.within_limits import WithinLimits
from veigo.history import load

# On a machine that does other things beside, the figures may be void; everything else has to hold all the same.
OF_THE_MACHINE = {GeneratorKeptUp.promise, WithinLimits.promise}

SCENE = '''"""{name}."""

import time

import gevent

from veigo.load.curve import AT_ONCE
from veigo.load.measures import Limits
from veigo.load.people import Person
from veigo.load.rhythm import Rhythm
from veigo.load.scene import Scene
from veigo.load.shape import SceneShape


class Somebody(Person):
    """Somebody."""


class Shape(SceneShape):
    """All at once."""

    scene = Scene(
        people=8, minutes=0.1, rhythm=Rhythm(every_s=1), curve=AT_ONCE, storm_at={storm},
        limits=Limits(delivered_p50_ms={limit}), late_ms_tolerated={tolerated},
    )
{more}
'''
STANDS_STILL = """

def stand_still():
    while True:
        began = time.perf_counter()
        while time.perf_counter() - began < 0.2:
            pass
        gevent.sleep(0.3)


gevent.spawn(stand_still)
"""


@pytest.fixture(scope="module")
def play(stack, tmp_path_factory):
    """Play a scene on the session's stack; returns the exit code, what was printed, and the run's folder."""

    def played(scene, *options):
        into = tmp_path_factory.mktemp("runs")
        done = veigo("load", "run", scene, "--name", stack.name, "--into", str(into), *options, within_s=180)
        folders = list(into.iterdir())
        assert folders, done.stdout + done.stderr
        return done.returncode, done.stdout + done.stderr, folders[0]

    return played


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """A folder of scenes of six seconds: a storm, a limit nobody can keep, a generator that stands still."""
    folder = tmp_path_factory.mktemp("scenes")
    ordinary = {"name": "Storm", "limit": 60_000, "tolerated": 50, "storm": 0.5, "more": ""}
    scenes = {
        "storm": ordinary,
        "impossible": ordinary | {"name": "Impossible", "limit": 0.001, "tolerated": 60_000, "storm": None},
        "tired": ordinary | {"name": "Tired", "storm": None, "more": STANDS_STILL},
    }
    for name, details in scenes.items():
        (folder / f"{name}.py").write_text(SCENE.format(**details))
    return folder


@pytest.fixture(scope="module")
def evening(play):
    """A short evening of people in two processes."""
    return play("evening_peak", "--users", "12", "--minutes", "0.2", "--processes", "2", "--seed", "3")


@pytest.fixture(scope="module")
def storm(play, scenes):
    """Everybody loses their socket in the middle of it."""
    return play("storm", "--from", str(scenes), "--seed", "3", "--no-traces")


def report_of(folder):
    return json.loads((folder / "report.json").read_text())


def what_does_not_hold(folder):
    findings = report_of(folder)["findings"]
    return {
        finding["promise"]: (finding["verdict"], finding["summary"], finding["evidence"])
        for finding in findings
        if finding["verdict"] != "holds" and finding["promise"] not in OF_THE_MACHINE
    }


def test_people_in_two_processes_are_judged_as_one_run(evening):
    code, printed, folder = evening
    ledger = Ledger.of(load(folder / "history.jsonl"))
    process_of = {
        user.user: life.opened.socket // 1_000_000 for life in ledger.sockets.values() for user in [life.opened]
    }
    crossed = [
        frame for frame in ledger.deliveries if process_of.get(frame.sender or "") not in (None, process_of[frame.user])
    ]

    assert {} == what_does_not_hold(folder), printed
    assert code in (0, 1, 2)
    assert {1, 2} == set(process_of.values())
    assert crossed, "nobody heard anybody of the other process"
    assert {"generator 1", "generator 2"} == {second.process for second in ledger.generators}


def test_who_leaves_early_signs_out_and_is_owed_nothing_more(evening):
    ledger = Ledger.of(load(evening[2] / "history.jsonl"))

    assert any(operation.name == "sign_out" for operation in ledger.operations)


def test_everybody_comes_back_from_a_storm_and_missed_nothing(storm):
    code, printed, folder = storm
    resumed = next(each for each in report_of(folder)["findings"] if each["promise"].startswith("Whoever resumed"))
    ledger = Ledger.of(load(folder / "history.jsonl"))

    assert {} == what_does_not_hold(folder), printed
    assert code in (0, 1, 2)
    assert "holds" == resumed["verdict"]
    assert 8 == sum(operation.name == "resume" for operation in ledger.operations)


def test_received_messages_are_a_request_type_of_their_own(evening):
    """From when they were meant, as often as they were received."""
    table = (evening[2] / "locust_stats.csv").read_text().splitlines()
    (row,) = [line.split(",") for line in table if line.startswith("Delivery,message received")]

    assert report_of(evening[2])["load"]["deliveries"] == int(row[2])


def test_a_smaller_version_says_so(evening):
    assert "a smaller version of the scene: 12 of 120 people and 0.2 of 3 minutes" in evening[1]


def test_a_limit_that_is_not_kept_is_a_violation(play, scenes):
    code, printed, folder = play("impossible", "--from", str(scenes), "--no-traces")
    suite = ElementTree.parse(folder / "junit.xml").getroot()[0]

    assert 1 == code, printed
    assert "delivered_p50_ms" in {case.get("name") for case in suite if case.find("failure") is not None}
    assert {} == what_does_not_hold(folder)


def test_a_generator_that_stands_still_makes_the_run_void(play, scenes):
    code, printed, folder = play("tired", "--from", str(scenes), "--no-traces")

    assert 2 == code, printed
    assert "the generator was the bottleneck" in printed
    assert {} == what_does_not_hold(folder)


def test_a_run_can_be_judged_again(storm):
    again = veigo("check", str(storm[2]))

    assert storm[0] == again.returncode, again.stdout


def test_plain_locust_plays_a_scene_and_judges_it_by_itself(stack, scenes, tmp_path):
    """Without the harness around it, as on a machine that is only there to make load."""
    command = [sys.executable, "-m", "locust", "--headless", "--host", stack.http, "-f", str(scenes / "storm.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
    (folder,) = (tmp_path / "runs").iterdir()

    assert done.returncode in (0, 2), done.stderr
    assert {} == what_does_not_hold(folder), done.stderr
    assert (folder / "report.html").exists()
