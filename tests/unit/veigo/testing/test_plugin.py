"""The pytest plugin costs nobody anything, shares what it starts, and says in a sentence what did not come up."""

import json
import signal
import subprocess
import sys
import time

import pytest

from veigo.testing.shared_session import SharedSession, Started, own

pytest_plugins = ["pytester"]


def test_loading_it_loads_nothing():
    """Every pytest beside Veigo loads it, whether it wants a stack or not."""
    script = (
        "import sys, pytest; before = set(sys.modules); import veigo.testing.plugin; "
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()

    assert ["veigo"] == loaded


def test_its_fixtures_and_options_say_what_they_are(pytester):
    """As pytest shows them to whoever looks for them."""
    shown = pytester.runpytest_subprocess("--fixtures", "-q", "--help").stdout.str()

    assert "--veigo-runtime" in shown
    assert "--veigo-stack" in shown


def test_a_stack_that_does_not_run_is_told_in_one_sentence(pytester, monkeypatch):
    """No traceback of ours is in the way of it."""
    monkeypatch.setenv("VEIGO_HOME", str(pytester.path))
    pytester.makepyfile("def test_it(veigo_stack): pass")

    result = pytester.runpytest_subprocess("--veigo-stack", "nobody")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*stack nobody does not run; `veigo up --name nobody` starts it*"])
    assert "Traceback" not in result.stdout.str()


def session(folder, starts, *end):
    """A session whose only part is whatever ``starts`` makes."""
    shared = SharedSession(folder, "processes", None)
    return lambda: shared._once("kettle", list(end) or ["true"], lambda _: starts())


def test_it_is_started_once_for_everybody(tmp_path):
    """Each worker has a session of its own, and all of them one folder."""
    started = []

    def start():
        started.append("kettle")
        return Started({"kettle": "127.0.0.1:1"})

    with own(tmp_path):
        assert session(tmp_path, start)() == session(tmp_path, start)()

    assert ["kettle"] == started


def test_what_did_not_come_up_is_not_tried_again(tmp_path):
    """The second worker fails with the words of the first."""
    tries = []

    def start():
        tries.append("kettle")
        return Started(failed="it leaks; its last lines:\n  drip")

    with own(tmp_path):
        for _ in range(2):
            with pytest.raises(
                pytest.fail.Exception, match="kettle did not come up: it leaks; its last lines:\n  drip"
            ):
                session(tmp_path, start)()

    assert ["kettle"] == tries


def test_closing_ends_everything_whoever_started_it(tmp_path):
    """By the commands that were written down."""
    folder, mark = tmp_path / "session", tmp_path / "ended"
    folder.mkdir()
    with own(folder):
        session(folder, lambda: Started({"kettle": ""}), "touch", str(mark))()

        SharedSession(folder, "processes", None).close()

    assert mark.exists()
    assert not folder.exists()


KETTLE = """
    import json, os, pathlib, subprocess, sys, time
    import pytest
    from veigo.testing.plugin import _session
    from veigo.testing.shared_session import Started

    @pytest.mark.parametrize("number", range(4))
    def test_it(request, number):
        def start(lock):  # a start that takes a moment, by a process that survives who asked for it
            subprocess.run(
                [sys.executable, "-c", "import pathlib, time; pathlib.Path('starting').touch(); time.sleep(1); "
                 "pathlib.Path('boiling').touch()"], pass_fds=[lock], start_new_session=True, check=True)
            return Started({"kettle": ""})

        end = [sys.executable, "-c", "import pathlib; pathlib.Path('boiling').rename('cold')"]
        _session(request.config)._once("kettle", end, start)
        time.sleep(600)
"""


@pytest.mark.parametrize(
    ("how", "midway", "options"),
    [
        (signal.SIGKILL, "starting", ()),
        (signal.SIGKILL, "boiling", ("-n", "2")),
        (signal.SIGTERM, "boiling", ()),
        (signal.SIGTERM, "starting", ("-n", "2")),
    ],
)
def test_a_session_that_is_killed_leaves_nothing(pytester, how, midway, options):
    """Neither what had started, nor what was starting just then."""
    pytester.makepyfile(KETTLE)
    run = pytester.popen([sys.executable, "-m", "pytest", "-p", "no:asyncio", *options], stdin=None)
    seen(pytester.path / midway)

    run.send_signal(how)
    run.communicate(timeout=30)  # xdist gives its workers ten seconds

    seen(pytester.path / "cold")


def seen(file, within_s=20.0):
    """Wait until a file is there."""
    deadline_s = time.monotonic() + within_s
    while not file.exists():
        assert time.monotonic() < deadline_s, f"no {file.name} within {within_s:g} s"
        time.sleep(0.02)


def test_workers_of_xdist_share_one_folder(pytester):
    """Told by the process that ends what they start."""
    pytester.makepyfile(
        """
        import json, pytest
        from veigo.testing.plugin import _folder

        @pytest.mark.parametrize("number", range(4))
        def test_it(request, number):
            with open("folders.jsonl", "a") as file:
                file.write(json.dumps([request.config.workerinput["workerid"], str(_folder(request.config))]) + "\\n")
        """
    )

    pytester.runpytest_subprocess("-n", "2", "-p", "no:asyncio").assert_outcomes(passed=4)

    told = [json.loads(line) for line in (pytester.path / "folders.jsonl").read_text().splitlines()]
    assert 2 == len({worker for worker, _ in told})
    assert 1 == len({folder for _, folder in told})
