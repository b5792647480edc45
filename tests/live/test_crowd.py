"""Some hundred idle sockets through the real doors, from three addresses: kept alive, and reached by a message."""

import json

from live.conftest import veigo

SOCKETS, ROOMS, SECONDS = 300, 6, 20  # longer than realtime's 15 s: every socket is pinged


def test_an_idle_crowd_stays_and_is_reached(stack, tmp_path):
    """Each socket answers pings while it is held, is still there at the end, and gets its room's message once."""
    shape = ["--sockets", str(SOCKETS), "--rooms", str(ROOMS), "--accounts", "3", "--seconds", str(SECONDS)]
    run = veigo("crowd", "hold", "--name", stack.name, *shape, "--into", str(tmp_path), within_s=180)

    assert 0 == run.returncode, run.stdout + run.stderr
    [figures] = tmp_path.glob("*/crowd.json")
    told = json.loads(figures.read_text())

    assert (SOCKETS, SOCKETS) == (told["settled"], told["open_after"])
    assert 3 == told["addresses"]
    assert SOCKETS <= told["pings_per_s"] * SECONDS
    assert 5 * SOCKETS // ROOMS == told["due"] == told["delivered"]
    assert 0 == told["repeated"]
    assert told["rss_per_socket"].keys() == told["idle_cpu"].keys() == {"gateway", "realtime"}


def test_a_crowd_that_cannot_be_held_is_refused_in_a_sentence(stack, tmp_path):
    """With what to do, and before anything is opened; nothing is written."""
    refused = veigo("crowd", "hold", "--name", stack.name, "--sockets", "10000000", "--into", str(tmp_path))

    assert 2 == refused.returncode
    assert "at most" in refused.stderr
    assert [] == list(tmp_path.iterdir())
