"""Several of each service: a short run of restarts under people who chat, and the removal of members while they listen.

The long run is `veigo rolling` (50,000 messages, a round of restarts every ten seconds).
"""

import pytest

from live.conftest import veigo

NAME = "replicas"
ROLLING_S_MAX = 240


@pytest.fixture(scope="module", autouse=True)
def purged():
    """Leave nothing, whatever happened."""
    veigo("down", "--name", NAME, "--purge")
    yield
    veigo("down", "--name", NAME, "--purge")


@pytest.mark.parametrize("how", [[], ["--kill"]], ids=["drained", "killed"])
def test_nothing_is_lost_while_replicas_restart(how, tmp_path):
    """Every message to every member, once and in order, across sockets that end and resume."""
    shape = ["--messages", "600", "--rate", "40", "--every", "5", "--into", str(tmp_path)]
    run = veigo("rolling", "--name", NAME, *shape, *how, within_s=ROLLING_S_MAX)

    assert 0 == run.returncode, run.stdout + run.stderr
    assert "✓ HOLDS" in run.stdout
    assert "times a room went on, on another socket" in run.stdout


def test_a_scale_there_cannot_be_is_refused_in_a_sentence():
    """Before anything is started."""
    refused = [veigo("up", "--name", NAME, "--scale", word) for word in ("kafka=3", "chat=99", "chat=two")]

    assert [1, 1, 1] == [each.returncode for each in refused]
    assert all("--scale" in each.stderr + each.stdout for each in refused)
