"""Contracts are data: made out of a tree, written, and read back as they were."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from veigo.contracts import contracts
from veigo.contracts.contracts import frames_of, of_tree, released, write
from veigo.stack.problem import StackError

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def ours():
    return of_tree(ROOT)


def test_all_five_are_made_out_of_the_tree(ours):
    assert "veigo/chat/v1/chat.proto" in ours.protos
    assert "type RootSubscription" in ours.graphql
    assert 4 == ours.records["chat.public.room_events"]["partitions"]
    assert "server" == frames_of(ours.frames)["MESSAGE"].sent_by
    assert "client" == frames_of(ours.frames)["JOIN_ROOM"].sent_by
    assert {"edit_message", "edit_room", "join_room", "read_room", "send_message", "use_access_token"} == set(
        ours.policies
    )


def test_a_policys_question_is_the_one_it_names(ours):
    assert "message" in ours.policies["edit_message"]["question"]["required"]
    assert ["session"] == ours.policies["use_access_token"]["question"]["required"]


def test_every_schema_is_one(ours):
    schemas = [
        *(part for record in ours.records.values() for part in (record["key"], record["value"])),
        *ours.records["chat.public.room_events"]["payloads"].values(),
        *(part for policy in ours.policies.values() for part in (policy["question"], policy["answer"])),
        *(frame.schema for frame in frames_of(ours.frames).values()),
    ]
    for schema in schemas:
        Draft202012Validator.check_schema(schema)


def test_an_events_record_is_keyed_by_its_room(ours):
    assert ["room_id"] == ours.records["chat.public.room_events"]["key"]["required"]


def test_what_is_written_is_read_back_the_same(ours, tmp_path):
    write(ours, tmp_path / contracts.RELEASED)

    assert ours == released(tmp_path)


def test_a_tree_that_released_nothing_says_what_to_do(tmp_path):
    with pytest.raises(StackError, match="veigo contracts release"):
        released(tmp_path)


def test_a_tree_without_sources_says_what_is_missing(tmp_path):
    with pytest.raises(StackError, match=r"schema\.graphql"):
        of_tree(tmp_path)


def test_a_tree_without_the_code_is_not_taken_for_this_one(tmp_path):
    """Python would find the installed module, and the answer would be about another tree."""
    with pytest.raises(StackError, match="which makes a contract"):
        contracts.made(tmp_path, contracts.FRAMES_MAKER)


def test_a_tree_whose_code_fails_says_what_failed(tmp_path):
    (tmp_path / "services" / "realtime").mkdir(parents=True)
    for name in ("services/__init__.py", "services/realtime/__init__.py"):
        (tmp_path / name).touch()
    (tmp_path / "services/realtime/frame_contract.py").write_text("raise SystemExit('no such luck')")

    with pytest.raises(StackError, match="no such luck"):
        contracts.made(tmp_path, contracts.FRAMES_MAKER)
