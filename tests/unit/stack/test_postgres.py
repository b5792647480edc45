"""A postmaster that was killed is told apart from one that runs, and from one that is gone."""

import subprocess
import sys
import time

import psutil
import pytest

from stack.postgres import uncollected

WITHIN_S = 10


@pytest.fixture
def zombie():
    """A process that has ended and that we have not collected."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    deadline = time.monotonic() + WITHIN_S
    while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
    yield child.pid
    child.wait()


def test_one_that_ended_and_was_not_collected_is_named(tmp_path, zombie):
    """PostgreSQL would take it for one that runs."""
    lock_file = tmp_path / "postmaster.pid"
    lock_file.write_text(f"{zombie}\n/data\n")

    assert zombie == uncollected(lock_file)


@pytest.mark.parametrize("text", [None, "", "words\n", "999999999\n"])
def test_one_that_is_gone_or_never_was_holds_nothing_up(tmp_path, text):
    """Whatever the lock file says."""
    lock_file = tmp_path / "postmaster.pid"
    if text is not None:
        lock_file.write_text(text)

    assert uncollected(lock_file) is None
