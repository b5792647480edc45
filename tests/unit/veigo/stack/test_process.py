"""A process is known by its pid and its start time, and does not outlive what was asked."""

import os
import signal
import sys

import psutil
import pytest

from veigo.stack import process
from veigo.stack.node import Launch
from veigo.stack.problem import NotReadyError, StackError
from veigo.stack.process import ChildProcess, end_leftover, find, identify, last_lines
from veigo.stack.readiness import until
from veigo.stack.state import ProcessId

SLEEPS = Launch((sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"))
DEAF = Launch(
    (
        *(sys.executable, "-c"),
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
    )
)


async def until_up(log):
    async def ask():
        if "up" not in last_lines(log):
            raise NotReadyError("it printed nothing yet")

    await until(ask, within_s=10, why="the child did not come up")


def test_a_process_is_found_by_pid_and_start_time():
    assert find(identify(os.getpid())).pid == os.getpid()


def test_another_process_with_the_same_pid_is_not_it():
    assert find(ProcessId(os.getpid(), 1.0)) is None


async def test_a_child_ends_when_asked(tmp_path):
    child = await ChildProcess.start(SLEEPS, tmp_path / "log")
    await until_up(tmp_path / "log")

    await child.stop(signal.SIGTERM, within_s=10)

    assert "was ended by SIGTERM" == await child.ended()


async def test_a_child_that_does_not_listen_is_killed(tmp_path):
    child = await ChildProcess.start(DEAF, tmp_path / "log")
    await until_up(tmp_path / "log")

    await child.stop(signal.SIGTERM, within_s=0.2)

    assert "was ended by SIGKILL" == await child.ended()


async def test_a_paused_child_ends_when_asked(tmp_path):
    child = await ChildProcess.start(SLEEPS, tmp_path / "log")
    await until_up(tmp_path / "log")
    os.kill(child.identity.pid, signal.SIGSTOP)

    await child.stop(signal.SIGTERM, within_s=10)

    assert "was ended by SIGTERM" == await child.ended()


async def test_a_leftover_is_ended_and_a_stranger_is_not(tmp_path):
    child = await ChildProcess.start(SLEEPS, tmp_path / "log")

    assert not end_leftover(ProcessId(child.identity.pid, 1.0), within_s=5)
    assert child.running
    assert end_leftover(child.identity, within_s=5)


async def test_a_program_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(StackError, match="cannot run no-such-program: No such file"):
        await ChildProcess.start(Launch(("no-such-program",)), tmp_path / "log")


async def test_a_child_gets_the_environment_it_was_given_and_no_more(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "somebody else's")
    show = Launch((sys.executable, "-c", "import os; print(sorted(os.environ))"), {"LISTEN_PORT": "1"})
    child = await ChildProcess.start(show, tmp_path / "log")
    await child.ended()

    said = (tmp_path / "log").read_text()
    assert "LISTEN_PORT" in said
    assert "DATABASE_URL" not in said


def test_the_end_of_a_log_is_bounded(tmp_path):
    (tmp_path / "log").write_text("".join(f"{number}\n" for number in range(100)))

    assert ["98", "99"] == last_lines(tmp_path / "log", lines_max=2)


async def test_a_child_that_ends_before_it_is_looked_at_is_known_by_how_it_ended(tmp_path, monkeypatch):
    """The system has nothing to tell of it any more; its log has."""

    def gone(pid):
        raise psutil.NoSuchProcess(pid)

    monkeypatch.setattr(process, "identify", gone)
    child = await ChildProcess.start(
        Launch((sys.executable, "-c", "print('no'); raise SystemExit(3)")), tmp_path / "log"
    )

    assert "exited with code 3" == await child.ended()
    assert find(child.identity) is None
    assert "no" == last_lines(tmp_path / "log")[-1]
