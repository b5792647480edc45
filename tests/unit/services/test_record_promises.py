"""realtime and the aggregator on exactly the records they say they rely on (contracts/chat_cdc/cases.json).

The live tests in contracts/ find a record of each case in Kafka. What a later version may add is added here to each.
"""

import json
from pathlib import Path

import pytest

from services.aggregator import changes
from services.realtime import event_frames, records
from veigo.contracts.cases import differences, filled, loaded

CASES = loaded(Path(__file__).parents[3] / "contracts" / "chat_cdc" / "cases.json")
REALTIMES = (records.ROOM_EVENTS, records.SESSIONS)


def written(case, *, later):
    """Return an example of a case's record as Kafka has it; `later`: with all that a later version may add."""
    record = filled(case["record"], {})
    more = {"later": {"a": [1, None]}} if later else {}
    if "payload" in record["after"]:
        record["after"]["payload"] = json.dumps(record["after"]["payload"] | more)
    record["after"] |= more
    record["source"] = {"lsn": 7, "ts_us": 7} | record.get("source", {}) | more
    return json.dumps(record | {"ts_us": 7} | more).encode()


@pytest.mark.parametrize("later", [False, True], ids=["", "and more"])
@pytest.mark.parametrize("case", [case for case in CASES if case["topic"] in REALTIMES], ids=lambda case: case["case"])
def test_realtime_makes_of_it_what_its_case_says(case, later):
    event = records.event(case["topic"], written(case, later=later))
    if isinstance(event, records.RoomEvent):
        frame = json.loads(event_frames.frame(event))
        assert [] == list(differences(case["frame"], frame, {}))
    else:
        assert case["frame"] == (type(event).__name__ if event else None)


@pytest.mark.parametrize("later", [False, True], ids=["", "and more"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_the_aggregator_makes_of_it_what_its_case_says(case, later):
    change = changes.change_in(case["topic"], written(case, later=later))

    assert case["change"] == type(change).__name__


def test_every_topic_and_event_they_read_has_a_case():
    """So a type that is read anew needs one."""
    said = {case["record"]["after"].get("type") for case in CASES} - {None}

    assert set(changes.SOURCE_TOPICS) == {case["topic"] for case in CASES}
    assert set(event_frames._ENCODERS) | {records.MESSAGE_CREATED} == said
