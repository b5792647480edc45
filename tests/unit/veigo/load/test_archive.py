"""The archive writes down what every process hands in, as one history that can be read back."""

import pytest

from veigo.history import Frame, GeneratorSecond, Operation, RunStarted, load
from veigo.load import archive as archives
from veigo.load.archive import Archive
from veigo.load.gathering import Clock
from veigo.load.pieces import packed
from veigo.outcome import Outcome


@pytest.fixture
def archive(tmp_path):
    made = Archive(tmp_path / "history.jsonl")
    made.append(RunStarted("r1", "evening", 1, {}, 0))
    yield made
    made.close()


def written(archive, tmp_path):
    archive.close()
    return load(tmp_path / "history.jsonl")[1:]


def test_two_processes_sockets_are_told_apart(archive, tmp_path):
    archive.take("a", [Frame("JOINED", "ann", 1, 5, 5)])
    archive.take("b", [Frame("JOINED", "bob", 1, 5, 5)])

    assert [1_000_001, 2_000_001] == [frame.socket for frame in written(archive, tmp_path)]


def test_a_process_on_another_machine_gets_this_ones_times(archive, tmp_path):
    piece = packed([Operation("send", "ann", started_ns=100, ended_ns=200, outcome=Outcome.OK)])
    archive.take_piece("a", 1, piece, Clock(1_000, 1, 10))
    (operation,) = written(archive, tmp_path)

    assert (1_090, 1_210) == (operation.started_ns, operation.ended_ns)
    assert 1e-5 == archive.uncertain_ms


def test_a_piece_that_comes_again_is_written_once(archive, tmp_path):
    piece = packed([Frame("JOINED", "ann", 1, 5, 5)])

    assert [True, False] == [archive.take_piece("a", 1, piece, Clock()) for _ in range(2)]
    assert 1 == len(written(archive, tmp_path))


def test_generators_are_numbered_and_not_named_by_their_machines(archive, tmp_path):
    for process in ("host_1f", "host_2e"):
        archive.take(process, [GeneratorSecond("", 1, 1, 1, 1.0, 1.0, 50, 0.0)])

    assert ["generator 1", "generator 2"] == [second.process for second in written(archive, tmp_path)]


def test_what_goes_beyond_what_can_be_judged_is_counted_and_the_rest_has_no_hole(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "RECORDS_MAX", 4)
    for number in range(6):
        archive.take("a", [Frame("MESSAGE", "ann", 1, number, number, sequence=number)])

    assert 3 == archive.dropped
    assert [0, 1, 2] == [frame.sequence for frame in written(archive, tmp_path)]
