"""What the engine says becomes one sentence that says what to do."""

import pytest

from veigo.stack import engine
from veigo.stack.problem import StackError


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            "no Docker engine answers",
        ),
        (
            "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
            "may not use Docker's socket",
        ),
        (
            (
                "Error response from daemon: driver failed programming external connectivity on endpoint "
                "veigo-gateway-1 (8b7e): Bind for 0.0.0.0:4000 failed: port is already allocated"
            ),
            "port 4000 is taken",
        ),
        (
            "Error starting userland proxy: listen tcp4 127.0.0.1:4950: bind: address already in use",
            "port 4950 is taken",
        ),
        ("Error response from daemon: No such image: veigo:latest", "there is no image veigo:latest here"),
        (
            "Error response from daemon: manifest for postgres:99 not found: manifest unknown: manifest unknown",
            "there is no image postgres:99 here",
        ),
        ("docker: unknown command: docker compose\n\nRun 'docker --help' for more information", "no compose plugin"),
        ("line one\nsomething else\n", "something else"),
        (
            "Error response from daemon: cannot start a paused container\nError: failed to start containers: chat-1",
            "cannot start a paused container",
        ),
        ("", "it said nothing"),
    ],
)
def test_it_is_said_what_to_do(said, sentence):
    assert sentence in engine.sentence(said)


def test_without_docker_there_is_another_way(monkeypatch):
    """A machine without it can run the same stack as processes."""
    monkeypatch.setenv("PATH", "")

    with pytest.raises(StackError, match="docker is not installed; install it, or run the stack as processes"):
        engine.docker("version")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("95.5MiB", 100_139_008), ("1GiB ", 1 << 30), ("12kB", 0), ("0B", 0), ("nonsense", 0)],
)
def test_amounts_are_read(text, expected):
    assert expected == engine.bytes_in(text)
