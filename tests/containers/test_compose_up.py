"""``docker compose up`` and nothing else: the walk-through, and then the harness looks into what it did not start."""

import contextlib
import os
import subprocess
import time
import urllib.request

import pytest

from live.conftest import LiveStack, veigo
from live.test_walkthrough import test_bob_signs_up_joins_and_receives_what_is_said as walk_through
from stack.containers import ROOT
from veigo.stack.project import Project

PROJECT = "veigo-by-hand"
PORT = 14_000
UP_WITHIN_S = 300.0
GUEST = "guest"


def compose(*arguments):
    """What a person would type, in the folder of compose.yaml, with ports that are free here."""
    told = {
        "VEIGO_PROJECT": PROJECT,
        "VEIGO_PORT": f"127.0.0.1:{PORT}",
        "VEIGO_DASHBOARD_PORT": str(PORT + 950),
        "VEIGO_KAFKA_DOOR": str(PORT + 600),
    }
    done = subprocess.run(
        ["docker", "compose", *arguments],
        cwd=ROOT,
        env=os.environ | told,
        capture_output=True,
        text=True,
        timeout=UP_WITHIN_S,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def answered(url, within_s=60.0):
    """Wait until somebody answers there."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    pytest.fail(f"{url} did not answer within {within_s:g} s")


@pytest.fixture(scope="module")
def by_hand():
    """A project that `docker compose up` has just started, images present; when that was asked for."""
    compose("build", "--quiet")
    began_s = time.monotonic()
    try:
        compose("up", "--detach", "--no-build")
        answered(f"http://127.0.0.1:{PORT}/healthz")  # Compose is done when the gateway has started
        yield LiveStack(PROJECT, {"gateway": f"127.0.0.1:{PORT}"}), began_s
    finally:
        compose("down", "--volumes", "--timeout", "5")


async def test_the_walk_through_passes(by_hand, http, capsys):
    """How long it took from nothing is printed; a promise about it would be one about the machine."""
    from live.people import Person

    stack, began_s = by_hand
    await walk_through(lambda: Person(stack, http), stack)

    with capsys.disabled():
        print(f"\ndocker compose up to a passing walk-through: {time.monotonic() - began_s:.1f} s")  # noqa: T201


def test_it_can_be_attached_to_and_is_left_as_it_was(by_hand, tmp_path):
    """The demo holds on it; and nothing but our doors is added, or taken away."""
    before = set(Project.look(PROJECT).containers)
    try:
        attached = veigo("attach", PROJECT, "--name", GUEST, within_s=180)
        demo = veigo(
            *("demo", "--name", GUEST, "--seconds", "5", "--rate", "20", "--into", str(tmp_path)), within_s=180
        )
    finally:
        let_go = veigo("down", "--name", GUEST)

    assert 0 == attached.returncode, attached.stdout + attached.stderr
    assert 0 == demo.returncode, demo.stdout + demo.stderr
    assert 0 == let_go.returncode, let_go.stdout + let_go.stderr
    assert before == set(Project.look(PROJECT).containers)
    assert Project.look(PROJECT).runs
