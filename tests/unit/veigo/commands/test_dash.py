"""`veigo dash` says in one sentence why there is nothing to show, and what to do."""

import socket

import duckdb
import pytest
from typer.testing import CliRunner

from veigo.cli import app
from veigo.telemetry.store import Store


@pytest.fixture
def runs(tmp_path):
    """A folder with one good run, one that is no store, one that is somebody else's, and one without telemetry."""
    for name in ("20260101T000000Z-good", "20260102T000000Z-torn", "20260103T000000Z-else", "20260104T000000Z-bare"):
        (tmp_path / name).mkdir()
    Store.open(tmp_path / "20260101T000000Z-good" / "telemetry.duckdb").close()
    (tmp_path / "20260102T000000Z-torn" / "telemetry.duckdb").write_bytes(b"torn" * 10_000)
    duckdb.connect(tmp_path / "20260103T000000Z-else" / "telemetry.duckdb").close()
    return tmp_path


def dash(*arguments):
    return CliRunner().invoke(app, ["dash", "--no-browser", *arguments])


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("19990101", "has no run 19990101 with telemetry; there are 20260101T000000Z-good"),
        ("2026", "2026 is the beginning of several runs: "),
        ("20260102", "cannot be opened"),
        ("20260103", "is no run store: it has no table"),
        ("20260104", "has no run 20260104 with telemetry"),
    ],
)
def test_a_run_that_cannot_be_shown_is_refused_in_a_sentence(runs, run, words):
    """None such, several, damaged, something else, or made without the collector."""
    done = dash("--run", run, "--into", str(runs))

    assert 1 == done.exit_code
    assert words in done.stderr
    assert 1 == done.stderr.count("veigo: ")
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_named(runs):
    """With what to do about it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = dash("--run", "20260101", "--into", str(runs), "--port", str(port))

    assert 1 == done.exit_code
    assert f"port {port} cannot be had" in done.stderr
    assert "choose another with --port" in done.stderr


def test_a_stack_that_is_not_there_is_named(monkeypatch, tmp_path):
    """And how to start it, or to look at a run instead."""
    monkeypatch.setenv("VEIGO_HOME", str(tmp_path))
    done = dash("--name", "nobody")

    assert 1 == done.exit_code
    assert "stack nobody is not there; start it with `veigo up`, or name a run: `veigo dash --run last`" in done.stderr
