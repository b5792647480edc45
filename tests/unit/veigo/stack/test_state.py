"""What the runner writes is what others read, and nothing else is believed."""

import pytest

from veigo.stack.problem import StackError
from veigo.stack.state import NodeRecord, NodeState, ProcessId, StackRecord, StackState, read_record, write_record


def test_a_record_comes_back_as_it_was_written(tmp_path):
    record = StackRecord(
        name="mine",
        base=10000,
        state=StackState.DEGRADED,
        since=12.5,
        runner=ProcessId(4711, 3.25),
        nodes={"kafka": NodeRecord(NodeState.DEAD, 13.0, "127.0.0.1:10600", None, 1.9, "was ended by SIGKILL")},
        jobs={"topics": NodeRecord(NodeState.READY, 12.0, took_s=0.1)},
    )

    write_record(tmp_path / "state.json", record)

    assert record == read_record(tmp_path / "state.json")


def test_writing_leaves_no_draft_behind(tmp_path):
    write_record(tmp_path / "state.json", StackRecord("mine", 10000, StackState.READY, 1.0))

    assert ["state.json"] == [path.name for path in tmp_path.iterdir()]


def test_no_file_is_no_stack(tmp_path):
    assert read_record(tmp_path / "state.json") is None


def test_the_state_of_a_newer_version_is_not_guessed_at(tmp_path):
    (tmp_path / "state.json").write_text('{"version": 99, "nodes": "now a list"}')

    with pytest.raises(StackError, match=r"newer Veigo .*version 99.* delete the stack's folder"):
        read_record(tmp_path / "state.json")


@pytest.mark.parametrize("content", ["", "{", '{"version": 1}', "[]"])
def test_a_damaged_file_says_so(tmp_path, content):
    (tmp_path / "state.json").write_text(content)

    with pytest.raises(StackError, match="is damaged"):
        read_record(tmp_path / "state.json")
